import { join } from 'node:path';
import type { Disk } from '@wal/core';
import type { Segment } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';

/** Segments kept open for reading, each with its index: 64 at the default size hold 8 MiB at most. */
const MAX_OPEN = 64;

interface Entry {
  readonly reader: Promise<SegmentReader>;
  users: number;
  isDropped: boolean;
}

/** The segments that are open for reading, the least recently used first. One in use is never closed. */
export class SegmentCache {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #uuid: Uint8Array;
  readonly #entries = new Map<Segment, Entry>();
  /** Entries whose file is open, dropped ones that are still in use among them. */
  readonly #open = new Set<Entry>();
  #onAllClosed: (() => void) | undefined;

  constructor(disk: Disk, directory: string, uuid: Uint8Array) {
    this.#disk = disk;
    this.#directory = directory;
    this.#uuid = uuid;
  }

  /** Calls `use` with the open segment, and keeps it open until that has settled. */
  async use<T>(segment: Segment, use: (reader: SegmentReader) => Promise<T>): Promise<T> {
    const entry = this.#entry(segment);
    entry.users++;
    try {
      return await use(await entry.reader);
    } finally {
      entry.users--;
      if (entry.isDropped && entry.users === 0) void this.#close(entry);
    }
  }

  /** Closes a segment, once nobody reads it any more. */
  drop(segment: Segment): void {
    const entry = this.#entries.get(segment);
    if (entry === undefined) return;
    this.#entries.delete(segment);
    entry.isDropped = true;
    if (entry.users === 0) void this.#close(entry);
  }

  /** Closes all, and waits for those that are still being read. */
  async close(): Promise<void> {
    for (const segment of [...this.#entries.keys()]) this.drop(segment);
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onAllClosed = resolve;
    });
  }

  #entry(segment: Segment): Entry {
    const known = this.#entries.get(segment);
    if (known !== undefined) {
      this.#entries.delete(segment);
      this.#entries.set(segment, known);
      return known;
    }
    const path = join(this.#directory, segment.name);
    const reader = SegmentReader.open(this.#disk, path, segment, this.#uuid);
    const entry: Entry = { reader, users: 0, isDropped: false };
    this.#entries.set(segment, entry);
    this.#open.add(entry);
    // A failure is not kept: the next read tries again.
    reader.catch(() => {
      if (this.#entries.get(segment) === entry) this.drop(segment);
    });
    if (this.#entries.size > MAX_OPEN) {
      const [oldest] = this.#entries.keys();
      if (oldest !== undefined) this.drop(oldest);
    }
    return entry;
  }

  async #close(entry: Entry): Promise<void> {
    try {
      await (await entry.reader).close();
    } catch {
      // It could not be opened, or its descriptor is gone: there is nothing left to close.
    } finally {
      this.#open.delete(entry);
      if (this.#open.size === 0) this.#onAllClosed?.();
    }
  }
}
