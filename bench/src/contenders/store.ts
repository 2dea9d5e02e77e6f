/** What a contender keeps records in: the same few calls for ours, the bare machine and the peers. */
export interface Store {
  /** Resolves once the record is as durable as the contender makes it. */
  append(record: Uint8Array): Promise<unknown>;
  /** The same for several at once; all of one size. */
  appendBatch(records: readonly Uint8Array[]): Promise<unknown>;
  close(): Promise<void>;
}

/** How durable a record is once its append has resolved. */
type Durable = 'synced' | 'not always synced' | 'not synced';

/** Something that takes records, ours or another. */
export interface Contender {
  readonly name: string;
  readonly durable: Durable;
  /** What a reader must know to compare it. */
  readonly note?: string;
  /** Whether a call keeps the event loop waiting: then callers at once gain nothing. */
  readonly blocksTheLoop?: boolean;
  /** Opens a new store in an empty folder. */
  open(folder: string): Promise<Store>;
}

/** Records written before, to be read. Filled once, read in several rounds. */
export interface ReadableStore {
  /** Reads all from the first to the last; resolves to how many bytes they had, each record looked at. */
  scan(): Promise<number>;
  /** Reads one by its place, counted from 0. */
  get?(place: number): Promise<Uint8Array> | Uint8Array;
  close(): Promise<void>;
}

/** Something that records are read from. */
export interface ReadableContender {
  readonly name: string;
  /** Fills a new store in an empty folder with `count` records, `record` each, and opens it for reading. */
  fill(folder: string, record: Uint8Array, count: number): Promise<ReadableStore>;
}
