import type { Writable } from 'node:stream';

/** A stream to write to that may be a terminal. */
export type OutputStream = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
};

/** Nobody reads what is written any more. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe';
}

/**
 * Writes as fast as somebody reads, and no faster: memory stays flat. Calls must be awaited one after the other.
 */
export class Output {
  readonly stream: OutputStream;
  #error: Error | undefined;

  constructor(stream: OutputStream, onBroken: (reason: Error) => void = () => undefined) {
    this.stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      const isBroken = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED';
      this.#error ??= isBroken
        ? new BrokenPipe('nobody reads the output', { cause: error })
        : error;
      onBroken(this.#error);
    });
  }

  get isTerminal(): boolean {
    return this.stream.isTTY === true;
  }

  /** A terminal's; of one that nobody gave a size, or of none, 80. */
  get columns(): number {
    return this.stream.columns || 80;
  }

  /**
   * Resolves once there is room for more.
   * @throws BrokenPipe, or the system's error; `signal.reason` if it is aborted while nobody reads
   */
  async write(data: string | Uint8Array, signal?: AbortSignal): Promise<void> {
    if (this.#error !== undefined) throw this.#error;
    if (this.stream.write(data)) return;
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.stream.off('drain', onDrain);
        this.stream.off('error', onError);
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onDrain = (): void => end(resolve);
      const onError = (): void => end(() => reject(this.#error));
      const onAbort = (): void => end(() => reject(signal?.reason));
      this.stream.on('drain', onDrain);
      this.stream.on('error', onError);
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted === true) onAbort();
    });
  }

  /** Resolves once all of it is written, or cannot be. */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.stream.write('', () => resolve());
    });
  }

  /** A line. */
  line(text: string, signal?: AbortSignal): Promise<void> {
    return this.write(`${text}\n`, signal);
  }
}
