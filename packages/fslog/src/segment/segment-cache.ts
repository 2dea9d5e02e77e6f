import { join } from 'node:path';
import { closedError, type Disk } from '@wal/core';
import type { Segment } from './segment.ts';
import { SegmentReader } from './segment-reader.ts';

/** Segments kept open for reading, each with its index: 64 at the default size hold 8 MiB at most. */
const MAX_OPEN = 64;

interface Entry {
  readonly segment: Segment;
  readonly reader: Promise<SegmentReader>;
  users: number;
  isDropped: boolean;
}

/**
 * The segments that are open for reading, the least recently used first. One in use is never closed; while
 * all are in use, another one waits.
 */
export class SegmentCache {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #uuid: Uint8Array;
  readonly #entries = new Map<Segment, Entry>();
  /** Entries whose file is open, dropped ones that are still in use among them. */
  readonly #open = new Set<Entry>();
  /** Woken each time an entry is closed. */
  #waiting: (() => void)[] = [];
  #isClosing = false;

  constructor(disk: Disk, directory: string, uuid: Uint8Array) {
    this.#disk = disk;
    this.#directory = directory;
    this.#uuid = uuid;
  }

  /**
   * Calls `use` with the open segment, and keeps it open until that has settled. `use` must not use another.
   * @throws LogError `ERR_LOG_CLOSED`, and as `SegmentReader.open`
   */
  async use<T>(segment: Segment, use: (reader: SegmentReader) => Promise<T>): Promise<T> {
    const entry = await this.#acquire(segment);
    try {
      return await use(await entry.reader);
    } finally {
      entry.users--;
      if (entry.users === 0 && (entry.isDropped || this.#waiting.length > 0)) this.#close(entry);
    }
  }

  /** Closes a segment, once nobody reads it any more. */
  drop(segment: Segment): void {
    const entry = this.#entries.get(segment);
    if (entry === undefined) return;
    this.#entries.delete(segment);
    entry.isDropped = true;
    if (entry.users === 0) this.#close(entry);
  }

  /** Closes all, and waits for those that are still being read. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const segment of [...this.#entries.keys()]) this.drop(segment);
    this.#wake();
    while (this.#open.size > 0) await this.#closed();
  }

  async #acquire(segment: Segment): Promise<Entry> {
    for (;;) {
      if (this.#isClosing) throw closedError();
      const entry = this.#entries.get(segment) ?? this.#openIfRoom(segment);
      if (entry !== undefined) {
        // Now it is the most recently used.
        this.#entries.delete(segment);
        this.#entries.set(segment, entry);
        entry.users++;
        return entry;
      }
      await this.#closed();
    }
  }

  #openIfRoom(segment: Segment): Entry | undefined {
    if (this.#open.size >= MAX_OPEN) {
      for (const unused of this.#entries.values()) {
        if (unused.users > 0) continue;
        this.drop(unused.segment);
        break;
      }
      return undefined;
    }
    const path = join(this.#directory, segment.name);
    const reader = SegmentReader.open(this.#disk, path, segment, this.#uuid);
    const entry: Entry = { segment, reader, users: 0, isDropped: false };
    this.#open.add(entry);
    // A failure is not kept: the next read tries again.
    reader.catch(() => {
      if (this.#entries.get(segment) === entry) this.drop(segment);
    });
    return entry;
  }

  #close(entry: Entry): void {
    if (this.#entries.get(entry.segment) === entry) this.#entries.delete(entry.segment);
    entry.isDropped = true;
    entry.reader
      .then((reader) => reader.close())
      .catch(() => undefined) // Never opened, or its descriptor is gone: nothing is left to close.
      .finally(() => {
        this.#open.delete(entry);
        this.#wake();
      });
  }

  #closed(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
