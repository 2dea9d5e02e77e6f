import {
  closedError,
  isLogError,
  type LogRecord,
  type RecordId,
  TruncationHistory,
} from '@wal/core';
import { errorCode } from '../disk/storage-error.ts';
import { isSameLog, type MetaState } from '../meta/meta.ts';
import type { MetaReader } from '../meta/meta-reader.ts';
import { refuseOtherMetadata, type Settings } from '../options.ts';
import { findLog, noLog, refuseToCreate } from '../recovery/creation.ts';
import { findLiveSegments } from '../recovery/live-segments.ts';
import { explainMissingTail, refuseUnknownSegments, tailOf } from '../recovery/tail-inspection.ts';
import type { Segment } from '../segment/segment.ts';
import { SegmentCache } from '../segment/segment-cache.ts';
import { SegmentList } from '../segment/segment-list.ts';
import { type Continuation, findContinuation } from './continuation.ts';
import { LogReader } from './log-reader.ts';
import { TailFollower } from './tail-follower.ts';

/** Looks in a row that failed while META stood still: then it is not the writer that is in the way. */
const MAX_FAILURES = 2;

/** What a process that only reads knows of a log that another one may be writing. */
export class Replica {
  readonly truncations: TruncationHistory = new TruncationHistory();
  readonly #settings: Settings;
  readonly #meta: MetaReader;
  readonly #cache: SegmentCache;
  #list = new SegmentList([]);
  #reader: LogReader;
  #tail: TailFollower | undefined;
  #state: MetaState;
  #nextId: RecordId;
  #refreshing: Promise<void> | undefined;
  #isClosed = false;

  private constructor(settings: Settings, meta: MetaReader) {
    this.#settings = settings;
    this.#meta = meta;
    this.#state = meta.state;
    this.#nextId = meta.state.firstId;
    this.#cache = new SegmentCache(settings.disk, settings.directory, meta.state.uuid);
    this.#reader = new LogReader(this.#list, this.#cache);
  }

  static async open(settings: Settings): Promise<Replica> {
    const { disk, directory } = settings;
    const { log: meta, found } = await findLog(disk, directory);
    if (meta === undefined) {
      refuseToCreate(directory, found);
      throw noLog(directory);
    }
    const replica = new Replica(settings, meta);
    try {
      refuseOtherMetadata(settings, meta.state);
      await replica.#rearrange(meta.state, (state) => replica.#openTail(state));
      return replica;
    } catch (error) {
      await replica.close();
      throw error;
    }
  }

  /** The first id that is not trimmed. */
  get firstId(): RecordId {
    return this.#state.firstId;
  }

  /** The id after the last record that is known to be durable. */
  get nextId(): RecordId {
    return this.#nextId;
  }

  get meta(): MetaState {
    return this.#state;
  }

  /** The live segments. @throws LogError `ERR_LOG_CORRUPT` when one is missing */
  async listSegments(): Promise<readonly Segment[]> {
    await this.refresh();
    for (;;) {
      const list = this.#list;
      try {
        await list.load();
        return list.all;
      } catch (error) {
        await this.refresh(); // The writer may have moved on meanwhile.
        if (list === this.#list) throw error;
      }
    }
  }

  /**
   * As `LogReader.read`. After a failure the log is looked at again: the writer may have moved on, and
   * have put other records, in other segments, in the place of these.
   */
  async read(from: RecordId, through: RecordId, chunkBytes: number): Promise<LogRecord[]> {
    await this.#look();
    for (;;) {
      const reader = this.#reader;
      try {
        return await reader.read(from, through, chunkBytes);
      } catch (error) {
        await this.refresh();
        const isStored = from >= this.firstId && from < this.#nextId;
        if (reader === this.#reader || !isStored) throw error;
      }
    }
  }

  /** What was truncated or trimmed since must not be given, though its bytes may still be there. */
  async #look(): Promise<void> {
    if (hasMoved(this.#state, await this.#meta.reload())) await this.refresh();
  }

  /** Looks what has changed. Calls at the same time share one look. */
  async refresh(): Promise<void> {
    if (this.#isClosed) throw closedError();
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#refreshing?.catch(() => undefined);
    await this.#list.done();
    await this.#tail?.close();
    await this.#cache.close();
    await this.#meta.close();
  }

  async #refresh(): Promise<void> {
    const before = this.#state;
    const state = await this.#meta.reload();
    const isSameTail = state.tail.sequence === before.tail.sequence;
    if (isSameTail && state.firstId === before.firstId && state.epoch === before.epoch) {
      this.#state = state;
      if (this.#tail === undefined) return;
      await this.#tail.advance(state.clean);
      this.#nextId = Math.max(this.#tail.nextId, state.firstId);
    } else {
      await this.#rearrange(state, (newest) => this.#readDirectory(newest));
    }
  }

  /**
   * Adopts what META says now. A writer beside may move on meanwhile: then META says something else, and however
   * often that happens, it says nothing against the log.
   */
  async #rearrange(
    initial: MetaState,
    arrange: (state: MetaState) => Promise<void>,
  ): Promise<void> {
    let state = initial;
    let failures = 0;
    for (;;) {
      try {
        await arrange(state);
        return;
      } catch (error) {
        // It may have removed what META spoke of when it was read.
        const mayPass = errorCode(error) === 'ENOENT' || isLogError(error, 'ERR_LOG_CORRUPT');
        if (!mayPass) throw error;
        const newest = await this.#meta.reload();
        failures = hasMoved(state, newest) ? 0 : failures + 1;
        if (failures === MAX_FAILURES) throw explainMissingTail(error, state);
        if (this.#isClosed) throw closedError();
        state = newest;
      }
    }
  }

  /** Opens the tail; the segments before it are listed when one of them is read. */
  async #openTail(state: MetaState): Promise<void> {
    if (state.tail.sequence === 0) return await this.#readDirectory(state);
    await this.#adopt(state, [tailOf(state)], async () => {
      const { live } = await findLiveSegments(this.#settings, state);
      return live.slice(0, -1);
    });
  }

  async #readDirectory(state: MetaState): Promise<void> {
    if (state.tail.sequence === 0) await refuseUnknownSegments(this.#settings, state);
    const { live } = await findLiveSegments(this.#settings, state);
    await this.#adopt(state, live);
  }

  async #adopt(
    state: MetaState,
    live: readonly Segment[],
    loadOlder?: () => Promise<readonly Segment[]>,
  ): Promise<void> {
    const segment = live.at(-1);
    const isSameTail = segment?.sequence === this.#tail?.segment.sequence;
    const tail =
      segment === undefined || isSameTail
        ? this.#tail
        : await TailFollower.open(this.#settings, segment, state, () => this.#meta.reload());
    let continuation: Continuation | undefined;
    try {
      await tail?.advance(state.clean);
      const { sequence } = this.#state.tail;
      continuation = await findContinuation(this.#settings, state, live, sequence);
    } catch (error) {
      if (tail !== this.#tail) await tail?.close();
      throw error;
    }
    const oldTail = this.#tail;
    // Segments known already keep their index, and stay open; but a tail that has been left has grown.
    const kept = new Map(this.#list.all.map((each) => [each.name, each]));
    if (oldTail !== undefined && oldTail !== tail) kept.delete(oldTail.segment.name);
    const segments = live.map((each) =>
      each.sequence === tail?.segment.sequence ? tail.segment : (kept.get(each.name) ?? each),
    );
    const stays = new Set(segments);
    for (const each of this.#list.all) if (!stays.has(each)) this.#cache.drop(each);
    this.#list = new SegmentList(segments, loadOlder);
    this.#reader = new LogReader(this.#list, this.#cache);
    this.#tail = tail;
    if (continuation !== undefined) this.#noteTruncates(state, continuation);
    this.#state = state;
    this.#nextId = Math.max(tail?.nextId ?? 0, state.firstId);
    if (oldTail !== tail) await oldTail?.close();
  }

  /**
   * Tells the iterators what they were given and is not the log's any more. Where nothing proves that there is no
   * such thing, and no trim stops them anyway, they are told that all of it may be: rather a follower that
   * stops without need than one that mixes records of two histories.
   */
  #noteTruncates({ firstId }: MetaState, continuation: Continuation): void {
    let keptTo = continuation.firstId - 1;
    if (!continuation.isProven && firstId <= this.#nextId)
      keptTo = Math.min(keptTo, this.firstId - 1);
    if (keptTo < this.#nextId - 1) this.truncations.record(keptTo);
  }
}

/** Whether a writer has changed something, or another one has come. */
function hasMoved(before: MetaState, now: MetaState): boolean {
  return !isSameLog(before, now) || before.epoch !== now.epoch;
}
