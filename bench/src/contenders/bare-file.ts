import * as fs from 'node:fs';
import { promisify } from 'node:util';

const ZEROS = new Uint8Array(4 * 1024 * 1024);

/** The ways of Node to make bytes durable without blocking. */
export interface BareWay {
  /** A synchronous descriptor: one call. Otherwise a write, then `fdatasync`. */
  readonly oneCall: boolean;
  /** Into a file that was filled with zeros and synced before: its length never changes. */
  readonly ahead: boolean;
}

export const BARE_WAYS: readonly BareWay[] = [
  { oneCall: false, ahead: false },
  { oneCall: true, ahead: false },
  { oneCall: false, ahead: true },
  { oneCall: true, ahead: true },
];

export function wayName({ oneCall, ahead }: BareWay): string {
  const call = oneCall ? 'one write to an O_DSYNC descriptor' : 'write, then fdatasync';
  return `${call}, ${ahead ? 'over synced zeros' : 'growing the file'}`;
}

/** A file that is written from its beginning to its end, each write durable before the next. */
export class BareFile {
  readonly #fd: number;
  readonly #way: BareWay;
  /** With zeros ahead the writes go round in this many bytes. */
  readonly #bytes: number;
  #position = 0;

  private constructor(fd: number, way: BareWay, bytes: number) {
    this.#fd = fd;
    this.#way = way;
    this.#bytes = way.ahead ? bytes : Number.POSITIVE_INFINITY;
  }

  static async create(path: string, way: BareWay, aheadBytes: number): Promise<BareFile> {
    const { O_CREAT, O_RDWR, O_DSYNC } = fs.constants;
    if (way.ahead) await fillWithZeros(path, aheadBytes);
    const fd = fs.openSync(path, O_CREAT | O_RDWR | (way.oneCall ? O_DSYNC : 0), 0o644);
    return new BareFile(fd, way, aheadBytes);
  }

  writeDurably(buffer: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#position + buffer.length > this.#bytes) this.#position = 0;
      fs.write(this.#fd, buffer, 0, buffer.length, this.#position, (error, written) => {
        if (error !== null) return reject(error);
        if (written !== buffer.length) return reject(new Error(`short write: ${written} bytes`));
        if (this.#way.oneCall) return resolve();
        fs.fdatasync(this.#fd, (syncError) => {
          if (syncError === null) resolve();
          else reject(syncError);
        });
      });
      this.#position += buffer.length;
    });
  }

  close(): Promise<void> {
    return promisify(fs.close)(this.#fd);
  }
}

async function fillWithZeros(path: string, bytes: number): Promise<void> {
  const file = await fs.promises.open(path, 'wx');
  try {
    for (let at = 0; at < bytes; at += ZEROS.length) {
      await file.write(ZEROS, 0, Math.min(ZEROS.length, bytes - at), at);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
