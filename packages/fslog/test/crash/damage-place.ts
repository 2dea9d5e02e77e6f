import type { LogState } from '@wal/conformance';
import { BATCH_HEADER_BYTES, getUint64, type LogErrorCode, viewOf } from '@wal/core';
import type { BatchPlace, SegmentPlaces, SmallLog } from './damage-log.ts';

const META_SLOT_BYTES = 4096;

/** What an error says of where. */
export interface Place {
  readonly segment: string;
  readonly byteOffset: number;
  readonly firstAffectedId: number | undefined;
}

/** What must become of a log that was damaged in one file. */
export type Expected =
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly code: LogErrorCode; readonly place: Place }
  /** It opens, and these ids alone cannot be read. */
  | { readonly kind: 'unreadable'; readonly places: ReadonlyMap<number, Place> }
  /** It opens as it was before: nothing is left that tells. */
  | { readonly kind: 'lost'; readonly state: LogState }
  | { readonly kind: 'trim undone'; readonly firstId: number };

const SAME: Expected = { kind: 'same' };

/**
 * What must become of the log when the file at `path` is `now`, or is gone. Told from where its batches were, without
 * fslog's code: so this says in full which damage costs which records, and what the error must name.
 *
 * - Damage in a segment: the segment, where the first damaged batch begins (0 for the header), and that batch's
 *   first id (the segment's).
 * - A segment that is gone: the tail by its name; another by its sequence, which the next one's header names, and the one
 *   before it goes with it, since it may have superseded any of that; the first by the one that follows it, and
 *   everything before the tail goes with it.
 * - META: `META`, 0, and 0 for the first id: what it was, only META told.
 * - An older META: the segment that shows it, and that one's first id.
 */
export function expectedOf(log: SmallLog, path: string, now: Uint8Array | undefined): Expected {
  const index = log.segments.findIndex((segment) => segment.path === path);
  const segment = log.segments[index];
  if (segment === undefined) return expectedOfMeta(log, path, now);
  if (now === undefined) return withoutSegment(log, index);
  if (!isIntact(segment, now, 0, segment.headerBytes)) return withoutHeader(log, index);
  return index === log.segments.length - 1
    ? damagedTail(log, segment, now)
    : damagedOlder(log, index, now);
}

function isIntact({ bytes }: SegmentPlaces, now: Uint8Array, from: number, to: number): boolean {
  if (now.length < to) return false;
  return Buffer.compare(bytes.subarray(from, to), now.subarray(from, to)) === 0;
}

/** The padding has to be there, but nobody looks at it. */
function isWhole(segment: SegmentPlaces, now: Uint8Array, batch: BatchPlace): boolean {
  const { byteOffset, bodyEnd, end } = batch;
  return now.length >= end && isIntact(segment, now, byteOffset, bodyEnd);
}

function hasHeader(segment: SegmentPlaces, now: Uint8Array, byteOffset: number): boolean {
  return isIntact(segment, now, byteOffset, byteOffset + BATCH_HEADER_BYTES);
}

function withoutSegment(log: SmallLog, index: number): Expected {
  const [segment, next] = log.segments.slice(index) as [SegmentPlaces, SegmentPlaces | undefined];
  const { firstId } = log.states[0];
  if (next === undefined) return refused(segment.name, 0, segment.firstId);
  const tail = log.segments.at(-1) as SegmentPlaces;
  if (index > 0) {
    const name = `sequence ${segment.sequence}`;
    return unreadable(firstId, tail.firstId, {
      segment: name,
      byteOffset: 0,
      firstAffectedId: firstId,
    });
  }
  // Opening a log that was not closed carries the last group over, to a tail of its own.
  const tailFirstId = log.isClosed ? tail.firstId : tail.batches.at(-1)?.firstId;
  const place = { segment: next.name, byteOffset: 0, firstAffectedId: firstId };
  return unreadable(firstId, tailFirstId ?? tail.firstId, place);
}

/** The header also tells what goes before: what may be superseded is not given either. */
function withoutHeader(log: SmallLog, index: number): Expected {
  const [before, segment, next] = [-1, 0, 1].map((i) => log.segments[index + i]);
  const { name, firstId } = segment as SegmentPlaces;
  if (next === undefined) return refused(name, 0, firstId);
  const first = log.states[0].firstId;
  const place = { segment: name, byteOffset: 0, firstAffectedId: Math.max(first, firstId) };
  return unreadable(Math.max(first, before?.firstId ?? firstId), next.firstId, place);
}

function damagedTail(log: SmallLog, segment: SegmentPlaces, now: Uint8Array): Expected {
  const { batches, name, end } = segment;
  const index = batches.findIndex((batch) => !isWhole(segment, now, batch));
  const damaged = batches[index];
  if (damaged === undefined) return SAME;
  const refusal = refused(name, damaged.byteOffset, damaged.firstId);
  if (log.isClosed) return now.length < end ? refusal : damagedOlder(log, -1, now);
  // Of a batch that was never acknowledged the header may be there, too.
  const later = [...batches.slice(index + 1).map(({ byteOffset }) => byteOffset), end];
  const isTold = later.some((at) => isBatch(segment, at) && hasHeader(segment, now, at));
  if (isTold) return refusal;
  const state = log.states.find(({ nextId }) => nextId === damaged.firstId) as LogState;
  return { kind: 'lost', state };
}

function isBatch({ bytes }: SegmentPlaces, at: number): boolean {
  return bytes.length > at && bytes[at] !== 0;
}

/** What is read through a footer steps over bodies that are damaged; without one the first damage is the end. */
function damagedOlder(log: SmallLog, index: number, now: Uint8Array): Expected {
  const segment = log.segments.at(index) as SegmentPlaces;
  const { name, bytes, end, batches } = segment;
  const isIndexed = now.length === bytes.length && isIntact(segment, now, end, bytes.length);
  const [{ firstId, nextId }] = log.states;
  const until = index < 0 ? nextId : (log.segments[index + 1]?.firstId ?? nextId);
  const places = new Map<number, Place>();
  let behind: Place | undefined;
  for (const batch of batches) {
    const { byteOffset, firstId: first } = batch;
    const place = { segment: name, byteOffset, firstAffectedId: Math.max(first, firstId) };
    const isLost = !isWhole(segment, now, batch);
    if (isLost && !(isIndexed && hasHeader(segment, now, byteOffset))) behind ??= place;
    if (!isLost && behind === undefined) continue;
    for (let id = Math.max(first, firstId); id < Math.min(batch.nextId, until); id++) {
      places.set(id, behind ?? place);
    }
  }
  return places.size === 0 ? SAME : { kind: 'unreadable', places };
}

function expectedOfMeta(log: SmallLog, path: string, now: Uint8Array | undefined): Expected {
  const original = log.storage.files().get(path) as Uint8Array;
  if (now === undefined) return refused('META', 0, 0);
  const halves = [0, META_SLOT_BYTES].map((at) => [original, now].map((each) => slotOf(each, at)));
  if (halves.some(([was, is]) => Buffer.compare(was as Uint8Array, is as Uint8Array) === 0)) {
    return SAME;
  }
  const isOlder = log.older.some(([, bytes]) => bytes === now);
  if (isOlder) return olderMeta(log, now);
  const isForeign = halves.every(
    ([was, is]) => (is?.length ?? 0) < 12 || was?.some((byte, i) => i < 8 && byte !== is?.[i]),
  );
  if (!isForeign) return refused('META', 0, 0);
  const place = { segment: 'META', byteOffset: 0, firstAffectedId: undefined };
  return { kind: 'refused', code: 'ERR_LOG_UNSUPPORTED_FORMAT', place };
}

function slotOf(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.subarray(at, at + META_SLOT_BYTES);
}

/** A META that does not know the newest segment. One that differs in its trim mark only cannot be told. */
function olderMeta({ segments, states }: SmallLog, now: Uint8Array): Expected {
  const view = viewOf(now);
  const [firstId, tail] = [getUint64(view, 48), getUint64(view, 56)];
  const next = segments[segments.findIndex(({ sequence }) => sequence === tail) + 1];
  if (next !== undefined) {
    const byteOffset = tail === 0 ? next.headerBytes : 0;
    return refused(next.name, byteOffset, next.firstId);
  }
  return firstId === states[0].firstId ? SAME : { kind: 'trim undone', firstId };
}

function refused(segment: string, byteOffset: number, firstAffectedId: number): Expected {
  const place = { segment, byteOffset, firstAffectedId };
  return { kind: 'refused', code: 'ERR_LOG_CORRUPT', place };
}

function unreadable(from: number, to: number, place: Place): Expected {
  const places = new Map<number, Place>();
  for (let id = from; id < to; id++) places.set(id, place);
  return { kind: 'unreadable', places };
}
