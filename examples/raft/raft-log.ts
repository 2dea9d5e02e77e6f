/*
 * The log of a Raft node, as etcd's wal is one: hard state, entries and marks of snapshots are records of one log, and
 * a `save` is one batch, so that one sync makes it durable, whole or not at all.
 *
 * - An entry whose index is there already takes its place, and of all entries behind it: a conflict costs one append.
 * - A snapshot that a leader sends takes the place of all entries. The application stores it durably before its mark is saved.
 * - A change of nothing but `commit` is not written: the leader tells it again. It comes with the next save that is.
 * - The metadata (of node and cluster, say) is the log's: `openFsLog(directory, { metadata })` compares it.
 * - There is no cut: fslog begins a new segment by itself (`segmentBytes`), and `release` gives whole ones back.
 *
 * restart.ts uses it. examples/test/raft-log.test.ts compares random histories with a model, crashes among them.
 */
import type { Log, RecordId } from '@wal/core';
import { checkSave, type Save } from './check-save.ts';
import { LiveEntries } from './live-entries.ts';
import type { Entry, HardState, SnapshotMark } from './raft-record.ts';
import * as records from './raft-record.ts';

/** A log with metadata: fslog's, memlog's, s3log's. */
export type LogWithMetadata = Log & { readonly metadata: Uint8Array };

export interface RaftState {
  readonly metadata: Uint8Array;
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
}

/** What all entries come after when there is no snapshot. */
const BEGINNING: SnapshotMark = { index: 0, term: 0 };

export class RaftLog {
  readonly #log: LogWithMetadata;
  readonly #live = new LiveEntries();
  #marks: (SnapshotMark & { readonly recordId: RecordId })[] = [];
  #state: HardState = { term: 0, vote: 0, commit: 0 };
  #last: Promise<unknown> = Promise.resolve();

  private constructor(log: LogWithMetadata) {
    this.#log = log;
  }

  /** Reads what is there. @throws RangeError if the log is another program's */
  static async open(log: LogWithMetadata): Promise<RaftLog> {
    const own = new RaftLog(log);
    for await (const { id, data } of log.iterator()) own.#apply(id, data);
    return own;
  }

  /** The snapshots that this can be opened at, oldest first: each of them of committed entries. */
  get snapshots(): readonly SnapshotMark[] {
    return this.#marks.map(({ index, term }) => ({ index, term }));
  }

  /**
   * Hard state, and the entries behind a snapshot; by default the newest one.
   * @throws RangeError if there is no such snapshot, or what came behind it was released
   */
  readAll(at?: SnapshotMark): Promise<RaftState> {
    return this.#inTurn(() => this.#readAll(at ?? this.#newest));
  }

  /**
   * When it resolves, all of it is durable, but for a `commit` that changed alone, and the node may answer. A snapshot
   * is of committed entries, stored by the application before, and comes before the entries.
   * @throws RangeError for what no Raft node does: nothing is written. And as `append`: open again.
   */
  save(state: HardState, entries: readonly Entry[] = [], snapshot?: SnapshotMark): Promise<void> {
    return this.#inTurn(() => this.#save({ state, entries, snapshot }));
  }

  /** Gives up what is not needed to open at a snapshot, or at a later one. @throws RangeError if there is none */
  release(index: number): Promise<void> {
    return this.#inTurn(async () => {
      const mark = this.#marks.find((other) => other.index === index);
      if (mark === undefined) throw new RangeError(`there is no snapshot at index ${index}`);
      // The entry at the index stays: it shows that the snapshot is of the same log as those behind it.
      const needed = this.#live.find(index)?.recordId ?? mark.recordId;
      if (needed > 0) await this.#log.trim(needed - 1);
      this.#live.release(index);
      this.#marks = this.#marks.filter((other) => other.index >= index);
    });
  }

  close(): Promise<void> {
    return this.#inTurn(() => this.#log.close());
  }

  get #newest(): SnapshotMark {
    return this.#marks.at(-1) ?? BEGINNING;
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const done = this.#last.then(call);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #readAll(at: SnapshotMark): Promise<RaftState> {
    const isKnown = [BEGINNING, ...this.#marks].some(
      ({ index, term }) => index === at.index && term === at.term,
    );
    if (!isKnown || at.index + 1 < this.#live.firstIndex)
      throw new RangeError(`there is no snapshot at index ${at.index} of term ${at.term}`);
    const entries: Entry[] = [];
    const start = this.#live.find(at.index + 1)?.recordId ?? this.#log.nextId;
    for await (const { id, data } of this.#log.iterator({ start })) {
      const record = records.decodeRecord(data);
      if (record.kind !== 'entry') continue;
      if (this.#live.find(record.entry.index)?.recordId === id) entries.push(record.entry);
    }
    return { metadata: this.#log.metadata, hardState: this.#state, entries };
  }

  async #save(save: Save): Promise<void> {
    checkSave({ state: this.#state, live: this.#live, newest: this.#newest }, save);
    const { state, entries, snapshot } = save;
    const { term, vote } = this.#state;
    const isNewState = state.term !== term || state.vote !== vote;
    if (entries.length > 0 || snapshot !== undefined || isNewState) {
      const batch = [...entries.map(records.encodeEntry), records.encodeState(state)];
      if (snapshot !== undefined) batch.unshift(records.encodeSnapshot(snapshot));
      const { firstId } = await this.#log.append(batch);
      batch.forEach((data, i) => {
        this.#apply(firstId + i, data);
      });
    }
    this.#state = state;
  }

  #apply(recordId: RecordId, data: Uint8Array): void {
    const record = records.decodeRecord(data);
    if (record.kind === 'state') this.#state = record.state;
    else if (record.kind === 'snapshot') this.#mark(record.snapshot, recordId);
    else this.#live.put(record.entry.index, { term: record.entry.term, recordId });
  }

  #mark(snapshot: SnapshotMark, recordId: RecordId): void {
    const { firstIndex, lastIndex } = this.#live;
    if (firstIndex <= lastIndex && snapshot.index < firstIndex) return; // Released, and its entries with it.
    if (!this.#live.matches(snapshot)) {
      this.#live.restart(snapshot);
      this.#marks = [];
    }
    this.#marks.push({ ...snapshot, recordId });
  }
}
