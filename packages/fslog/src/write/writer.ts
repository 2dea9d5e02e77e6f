import type { Channel } from 'node:diagnostics_channel';
import {
  isLogError,
  type LogError,
  MAX_RECORD_ID,
  type RecordId,
  TruncationHistory,
} from '@wal/core';
import {
  type FsLogRollMessage,
  rollChannel,
  trimChannel,
  truncateChannel,
} from '../diagnostics/channels.ts';
import { failed, isNoSpace, isShortage, noSpace, outcomeUnknown } from '../disk/storage-error.ts';
import type { MetaState } from '../meta/meta.ts';
import type { MetaFile } from '../meta/meta-file.ts';
import type { Settings } from '../options.ts';
import type { LogReader } from '../read/log-reader.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentCache } from '../segment/segment-cache.ts';
import type { SegmentList } from '../segment/segment-list.ts';
import { sequenceOfEpoch } from '../segment/segment-name.ts';
import { SegmentWriter, WriteFailure } from '../segment/segment-writer.ts';
import type { CleanupQueue } from './cleanup.ts';
import type { Group } from './group.ts';
import { OwedFooters } from './owed-footers.ts';

/** What opening a log has found and a writer goes on from. */
export interface OpenedLog {
  readonly settings: Settings;
  readonly meta: MetaFile;
  readonly segments: SegmentList;
  readonly cache: SegmentCache;
  readonly reader: LogReader;
  readonly cleanup: CleanupQueue;
  readonly nextId: RecordId;
  /** The segment that opening has begun with the last records of `from`, the tail before. */
  readonly carried: { readonly writer: SegmentWriter; readonly from: Segment } | undefined;
}

/**
 * All changes of a log on its disk, one at a time: its calls must not overlap. Ids and segments change
 * here only once what they say is durable.
 *
 * An error means that this writer must not be used again, unless `isUsableAfter` says that nothing has changed.
 */
export class Writer {
  readonly truncations: TruncationHistory = new TruncationHistory();
  readonly #settings: Settings;
  readonly #meta: MetaFile;
  readonly #segments: SegmentList;
  readonly #reader: LogReader;
  readonly #cleanup: CleanupQueue;
  #firstId: RecordId;
  #nextId: RecordId;
  /** How many numbers of this epoch are used. The first may be what was carried over, or an attempt at it. */
  #segmentCount = 1;
  /** The segment being written; none until the first append, since a new owner starts a new one. */
  #current: SegmentWriter | undefined;
  /** Footers that former tails lack: owed before a batch is written to the segment that they are to name. */
  readonly #owedFooters: OwedFooters;
  /** What the last look at older segments found wrong with them. */
  #finding: LogError | undefined;

  constructor(opened: OpenedLog) {
    this.#settings = opened.settings;
    this.#meta = opened.meta;
    this.#segments = opened.segments;
    this.#reader = opened.reader;
    this.#cleanup = opened.cleanup;
    this.#firstId = opened.meta.state.firstId;
    this.#nextId = opened.nextId;
    this.#owedFooters = new OwedFooters(opened.settings, opened.meta);
    if (opened.carried === undefined) return;
    const { writer, from } = opened.carried;
    this.#current = writer;
    const { sequence, firstId } = writer.segment;
    this.#owedFooters.owe({ tail: from, writer: undefined, successor: sequence });
    if (from.firstId === firstId) this.#cleanup.removeFiles([from.name]);
  }

  /** The first id that is not trimmed. */
  get firstId(): RecordId {
    return this.#firstId;
  }

  /** The id after the last acknowledged record. */
  get nextId(): RecordId {
    return this.#nextId;
  }

  /** Whether something is acknowledged that a power cut would lose. */
  get hasUnsynced(): boolean {
    return this.#current !== undefined && this.#current.durableOffset < this.#current.position;
  }

  /** Whether the log can go on after a call has thrown this: it had not changed anything yet. */
  isUsableAfter(error: unknown): boolean {
    if (!isLogError(error)) return false;
    return error.code === 'ERR_LOG_NO_SPACE' || error === this.#finding;
  }

  /** Writes a group, syncs it if the log's durability says so, and publishes it. */
  async commit(group: Group): Promise<void> {
    // Written all the same, its records would have other ids than their callers are told.
    if (group.firstId !== this.#nextId) {
      const message = `records from id ${group.firstId} on, where ${this.#nextId} is the next id`;
      throw failed(new Error(message));
    }
    // Waits for nothing where there is nothing to wait for: the write is under way when this returns its promise.
    const current = this.#segmentFor(group) ?? (await this.#nextSegment(group.firstId));
    if (!this.#owedFooters.areWritten) await this.#owedFooters.write();
    const isSynced = this.#settings.durability === 'sync';
    const { timing } = group;
    timing?.writeBegins();
    try {
      if (isSynced) await current.writeThrough(group.batches, Date.now());
      else await current.write(group.batches, Date.now());
    } catch (error) {
      throw await this.#afterFailedWrite(error, group, current);
    }
    timing?.written();
    try {
      if (isSynced && current.durableOffset < current.position) {
        await current.sync();
        timing?.synced();
      }
      // After the sync and before the acknowledgement: a writer that was stalled meanwhile, and lost the
      // log to another, must not acknowledge what that one may not have seen.
      await this.#meta.verifyOwner();
    } catch (error) {
      throw outcomeUnknown(group.firstId, error);
    }
    current.publish();
    this.#nextId = group.nextId;
  }

  /** What is to be said of a group that was not written, or not all of it: of what was, its batches are durable. */
  async #afterFailedWrite(error: unknown, group: Group, current: SegmentWriter): Promise<LogError> {
    if (!(error instanceof WriteFailure)) return failed(error);
    const { cause, isErased } = error;
    if (!isErased) return outcomeUnknown(group.firstId, cause);
    if (current.nextId > this.#nextId) {
      try {
        await this.#meta.verifyOwner();
      } catch (reason) {
        return outcomeUnknown(group.firstId, reason);
      }
      current.publish();
      this.#nextId = current.nextId;
      group.durableNextId = current.nextId;
    }
    return isNoSpace(cause) ? noSpace(cause) : failed(cause);
  }

  /** Removes what is above `lastToKeep`: a new segment takes over, and says from which id. */
  async truncate(lastToKeep: RecordId): Promise<void> {
    if (this.#nextId <= lastToKeep + 1) return;
    const nextId = Math.max(lastToKeep + 1, this.#firstId);
    if (nextId === this.#nextId) return;
    const startedAt = performance.now();
    await this.#startSegment(nextId, 'truncate');
    this.#nextId = nextId;
    this.truncations.record(nextId - 1);
    this.#publish(truncateChannel, { nextId, durationMs: performance.now() - startedAt });
  }

  /** Discards every id up to `discardUpTo`, durably at once; the files go afterwards. */
  async trim(discardUpTo: RecordId): Promise<void> {
    const firstId = discardUpTo + 1;
    if (firstId <= this.#firstId) return;
    const startedAt = performance.now();
    await this.#beforeTail(this.#segments.load());
    await this.#linkedSegment(firstId);
    if (firstId > this.#nextId) {
      // The ids jump, which a segment cannot: this one ends as at a close, and the next append starts another.
      await this.#closeCurrent({ firstId });
      this.#nextId = firstId;
    } else {
      await this.#metaCommit({ firstId });
    }
    this.#firstId = firstId;
    const dropped = this.#segments.dropBefore(firstId);
    this.#cleanup.remove(dropped);
    const durationMs = performance.now() - startedAt;
    this.#publish(trimChannel, { firstId, segments: dropped.length, durationMs });
  }

  /** Starts a new segment now, if the current one holds anything, and there is an id to begin it with. */
  async roll(): Promise<void> {
    const isEmpty = this.#current === undefined || this.#nextId === this.#current.segment.firstId;
    if (!isEmpty && this.#nextId <= MAX_RECORD_ID) {
      await this.#startSegment(this.#nextId, 'roll');
    }
  }

  /** Makes all that is acknowledged durable. */
  async sync(): Promise<void> {
    try {
      await this.#current?.sync();
    } catch (error) {
      throw failed(error);
    }
    await this.verifyOwner();
  }

  /** Rejects `ERR_LOG_FENCED` if another writer has taken the log over. */
  async verifyOwner(): Promise<void> {
    try {
      await this.#meta.verifyOwner();
    } catch (error) {
      throw failed(error);
    }
  }

  /** States in the segment how much of it is durable: for other processes' readers, and against rot. */
  async mark(): Promise<void> {
    await this.#current?.mark(Date.now());
  }

  /** Syncs, notes in META how the log ends, and seals the segment. */
  async close(): Promise<void> {
    if (this.#current !== undefined) await this.#closeCurrent({});
  }

  /** Closes the files, whatever state they are in. */
  async release(): Promise<void> {
    await this.#owedFooters.abandon();
    await this.#current?.abandon().catch(() => undefined);
    await this.#cleanup.done();
    await this.#meta.close().catch(() => undefined);
  }

  /** Ends the segment being written, if there is one, and commits that with `change`. */
  async #closeCurrent(change: Partial<MetaState>): Promise<void> {
    const current = this.#current;
    if (current === undefined) return await this.#metaCommit(change);
    await this.sync();
    const clean = { byteOffset: current.position, nextId: this.#nextId };
    await this.#metaCommit({ ...change, clean });
    this.#current = undefined;
    // Only saves work later: what was sealed in vain is sealed by the next owner.
    await current.seal().catch(() => current.abandon().catch(() => undefined));
  }

  /** The segment being written, if there is one and it has room for the group. */
  #segmentFor(group: Group): SegmentWriter | undefined {
    const current = this.#current;
    if (current === undefined) return undefined;
    const isEmpty = this.#nextId === current.segment.firstId;
    const end = current.position + group.encodedBytes;
    return isEmpty || end <= this.#settings.segmentBytes ? current : undefined;
  }

  #nextSegment(firstId: RecordId): Promise<SegmentWriter> {
    return this.#startSegment(firstId, this.#current === undefined ? 'first' : 'full');
  }

  #publish(channel: Channel, message: object): void {
    if (!channel.hasSubscribers) return;
    channel.publish({ directory: this.#settings.directory, ...message });
  }

  /**
   * Creates the segment that begins with `firstId`, and makes it the tail once it is durable: META names it
   * before a batch is written to it, so a segment that META does not name holds nothing.
   */
  async #startSegment(
    firstId: RecordId,
    reason: FsLogRollMessage['reason'],
  ): Promise<SegmentWriter> {
    const startedAt = performance.now();
    const old = this.#current;
    // Its successor will be the proof that every byte of it was durable.
    await old?.sync().catch((error: unknown) => {
      throw failed(error);
    });
    // Once all is trimmed, the segments of it go.
    if (firstId <= this.#firstId) await this.#beforeTail(this.#segments.load());
    const predecessor = await this.#linkedSegment(firstId - 1);
    const next = await this.#createSegment(firstId, predecessor);
    const tail = this.#segments.all.at(-1);
    const { sequence } = next.segment;
    try {
      await this.#metaCommit({ tail: { sequence, firstId }, clean: undefined });
    } catch (error) {
      await next.abandon().catch(() => undefined);
      throw error;
    }
    this.#current = next;
    if (tail !== undefined) this.#owedFooters.owe({ tail, writer: old, successor: sequence });
    await this.#owedFooters.write().catch((error: unknown) => {
      if (!isLogError(error, 'ERR_LOG_NO_SPACE')) throw error; // Otherwise the next append tries again.
    });
    const superseded = this.#segments.supersede(next.segment);
    this.#cleanup.remove([...superseded, ...this.#segments.dropBefore(this.#firstId)]);
    const durationMs = performance.now() - startedAt;
    this.#publish(rollChannel, { segment: next.segment.name, firstId, reason, durationMs });
    return next;
  }

  /** No two owners have an epoch in common, so they have no sequence in common either. */
  #nextSequence(): number {
    const sequence = sequenceOfEpoch(this.#meta.state.epoch, ++this.#segmentCount);
    if (sequence !== undefined) return sequence;
    throw failed(new Error('the segment numbers of this epoch are used up'));
  }

  async #createSegment(
    firstId: RecordId,
    predecessor: Segment | undefined,
  ): Promise<SegmentWriter> {
    const place = {
      sequence: this.#nextSequence(),
      predecessor: predecessor?.sequence ?? 0,
      firstId,
    };
    try {
      await this.#meta.verifyOwner();
      return await SegmentWriter.create(this.#settings, this.#meta.state, place);
    } catch (error) {
      throw isShortage(error) ? noSpace(error) : failed(error);
    }
  }

  /** The segment that holds `id`, if any, known to be linked: what is unlinked by a mistake is lost. */
  async #linkedSegment(id: RecordId): Promise<Segment | undefined> {
    await this.#beforeTail(this.#segments.reach(id));
    for (;;) {
      const segment = this.#segments.find(id);
      if (segment === undefined) return undefined;
      if (await this.#beforeTail(this.#reader.verifyLink(segment))) return segment;
    }
  }

  /**
   * A look at older segments, before anything is changed. What is missing from a log that another has taken over, is
   * not corrupt.
   */
  async #beforeTail<T>(look: Promise<T>): Promise<T> {
    try {
      return await look;
    } catch (error) {
      await this.verifyOwner();
      if (isLogError(error)) this.#finding = error;
      throw isShortage(error) ? noSpace(error) : failed(error);
    }
  }

  async #metaCommit(change: Parameters<MetaFile['commit']>[0]): Promise<void> {
    try {
      await this.#meta.commit(change);
    } catch (error) {
      throw failed(error);
    }
  }
}
