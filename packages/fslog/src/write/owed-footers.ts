import { errorCode, failed, isShortage, noSpace } from '../disk/storage-error.ts';
import type { MetaFile } from '../meta/meta-file.ts';
import type { Settings } from '../options.ts';
import { nameSuccessor } from '../recovery/successor.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentWriter } from '../segment/segment-writer.ts';

/** A former tail that does not name its successor yet; `writer`, if this process has written it. */
export interface OwedFooter {
  readonly tail: Segment;
  readonly writer: SegmentWriter | undefined;
  readonly successor: number;
}

/** The footers that former tails lack, in their order: see successor.ts. */
export class OwedFooters {
  readonly #settings: Settings;
  readonly #meta: MetaFile;
  readonly #footers: OwedFooter[] = [];

  constructor(settings: Settings, meta: MetaFile) {
    this.#settings = settings;
    this.#meta = meta;
  }

  /** Whether none is owed. */
  get areWritten(): boolean {
    return this.#footers.length === 0;
  }

  owe(footer: OwedFooter): void {
    this.#footers.push(footer);
  }

  /** Makes each former tail name its successor. What is left when it throws, the next call tries again. */
  async write(): Promise<void> {
    for (let [owed] = this.#footers; owed !== undefined; [owed] = this.#footers) {
      try {
        await this.#nameSuccessor(owed);
      } catch (error) {
        throw isShortage(error) ? noSpace(error) : failed(error);
      }
      this.#footers.shift();
    }
  }

  /** Closes the files of those that are still owed. */
  async abandon(): Promise<void> {
    for (const { writer } of this.#footers) await writer?.abandon().catch(() => undefined);
  }

  async #nameSuccessor({ tail, writer, successor }: OwedFooter): Promise<void> {
    if (writer !== undefined) return await writer.seal(successor);
    try {
      await nameSuccessor(this.#settings, tail, this.#meta.state, successor);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      // Trimmed meanwhile, or superseded: a META that takes it for the tail is known by that, once it is durable.
      await this.#settings.disk.syncDirectory(this.#settings.directory);
    }
  }
}
