import type { SnapshotMark } from './raft-record.ts';

/** An entry that counts, and the record that has it. */
export interface LiveEntry {
  readonly term: number;
  readonly recordId: number;
}

/**
 * Which entries count: a later one takes the place of one with its index, and of all behind it. Told of the records in
 * their order, whoever writes them and whoever reads them again come to the same.
 */
export class LiveEntries {
  #firstIndex = 1;
  #entries: LiveEntry[] = [];

  /** The index of the first one, or that it would have. */
  get firstIndex(): number {
    return this.#firstIndex;
  }

  /** One less than `firstIndex` where there is none. */
  get lastIndex(): number {
    return this.#firstIndex + this.#entries.length - 1;
  }

  find(index: number): LiveEntry | undefined {
    return this.#entries[index - this.#firstIndex];
  }

  put(index: number, entry: LiveEntry): void {
    if (this.#entries.length === 0) this.#firstIndex = index; // Those before it were released.
    this.#entries.length = index - this.#firstIndex;
    this.#entries.push(entry);
  }

  /** Whether a snapshot ends with one of these. */
  matches({ index, term }: SnapshotMark): boolean {
    return this.find(index)?.term === term;
  }

  /** Forgets all of them: what comes next follows this snapshot. */
  restart({ index }: SnapshotMark): void {
    this.#entries = [];
    this.#firstIndex = index + 1;
  }

  /** Forgets those below an index. */
  release(index: number): void {
    if (index <= this.#firstIndex) return;
    this.#entries.splice(0, index - this.#firstIndex);
    this.#firstIndex = index;
  }
}
