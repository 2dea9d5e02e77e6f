import type { LogRecord, RecordId } from '@wal/core';
import type { DecodedObject } from '../chunk/chunk.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { corrupt } from '../chunk/object-header.ts';
import { comparePlaces, type SlotPlace } from '../keys/log-keys.ts';
import { keptLast, segmentOf } from '../root/root.ts';
import { SegmentReader } from '../segment/segment-reader.ts';
import type { SegmentSource } from '../segment/segment-source.ts';
import type { Locator } from './locator.ts';
import type { LogExtent } from './log-extent.ts';
import { ReadAhead } from './read-ahead.ts';
import type { SparseIndex } from './sparse-index.ts';

/** What readers of one handle share. */
export interface ReadSources {
  readonly source: ChunkSource;
  readonly segments: SegmentSource;
  readonly index: SparseIndex;
  readonly locator: Locator;
  readonly extent: LogExtent;
  readonly readAheadBytes: number;
}

/** Reads records from one place of the log on; its reads must not overlap. */
export class ChunkReader {
  readonly #sources: ReadSources;
  readonly #readAhead: ReadAhead;
  readonly #segments: SegmentReader;
  /** The chunk read last: the next read goes on behind it, or in it. */
  #current: DecodedObject | undefined;

  constructor(sources: ReadSources) {
    this.#sources = sources;
    this.#readAhead = new ReadAhead(sources.source, sources.extent, sources.readAheadBytes);
    this.#segments = new SegmentReader(sources.segments, sources.readAheadBytes);
  }

  /** Stored records from `from` up to at most `through`, both of them stored: at least one. */
  async read(from: RecordId, through: RecordId): Promise<readonly LogRecord[]> {
    const before = this.#sources.extent.root;
    const segment = segmentOf(before, from);
    if (segment !== undefined) return await this.#segments.read(segment, from, through);
    const chunk = this.#holding(from) ?? (await this.#next(from, through));
    this.#current = chunk;
    const now = this.#sources.extent.root;
    // A truncate may have come meanwhile, and a compaction or trim, after which the root no longer tells of an older one.
    const left = Math.min(keptLast(before, chunk.epoch), keptLast(now, chunk.epoch));
    const kept = Math.min(through, left);
    const records = chunk.records.slice(from - chunk.firstId, kept - chunk.firstId + 1);
    if (records.length > 0) return records;
    throw corrupt(this.#sources.source.keyOf(chunk), `does not hold record ${from}`, from);
  }

  /** The current chunk, if it holds a record, and still does for the log. */
  #holding(id: RecordId): DecodedObject | undefined {
    const chunk = this.#current;
    if (chunk === undefined || id < chunk.firstId || id >= chunk.nextId) return undefined;
    const { root } = this.#sources.extent;
    // Of what lies before the chunks that are needed the root no longer says what a truncate has left.
    if (comparePlaces(chunk, root.chunks) < 0) return undefined;
    return id <= keptLast(root, chunk.epoch) ? chunk : undefined;
  }

  /** The chunk that holds `from`: the one behind the current, or wherever it is. */
  async #next(from: RecordId, through: RecordId): Promise<DecodedObject> {
    const { source, locator, extent, index } = this.#sources;
    const before = this.#current;
    this.#current = undefined;
    let place = before?.nextId === from ? placeAfter(before, extent) : await locator.locate(from);
    let previous = before?.nextId === from ? before : undefined;
    for (;;) {
      place = skipDiscarded(place, from, extent);
      if (place.epoch > extent.tail.epoch) throw missing(source, place, from);
      const object = await this.#readAhead.take(place, from, through);
      if (object === undefined) throw missing(source, place, from);
      if (object.kind === 'seal') {
        previous = undefined;
        place = { epoch: place.epoch + 1, slot: 0 };
        continue;
      }
      refuseBrokenChain(source, object, previous, from);
      index.add(object);
      if (from < object.nextId && from <= keptLast(extent.root, object.epoch)) return object;
      previous = object;
      place = placeAfter(object, extent);
    }
  }
}

/** Where the log goes on behind a chunk: after a truncate, in the next epoch. */
function placeAfter({ epoch, slot, nextId }: DecodedObject, { root }: LogExtent): SlotPlace {
  return nextId > keptLast(root, epoch) ? { epoch: epoch + 1, slot: 0 } : { epoch, slot: slot + 1 };
}

/**
 * Passes over what was trimmed or compacted, and over epochs from which a truncate removed the record: it was written again
 * in a later one.
 */
function skipDiscarded(place: SlotPlace, from: RecordId, { root, tail }: LogExtent): SlotPlace {
  const { chunks } = root;
  const isBefore = comparePlaces(place, chunks) < 0;
  const first = isBefore ? { epoch: chunks.epoch, slot: chunks.slot } : place;
  let { epoch } = first;
  while (epoch <= tail.epoch && keptLast(root, epoch) < from) epoch++;
  return epoch === first.epoch ? first : { epoch, slot: 0 };
}

/** @throws LogError `ERR_LOG_CORRUPT` for a chunk that does not go on from the one before, or begins behind `from`. */
export function refuseBrokenChain(
  source: ChunkSource,
  object: DecodedObject,
  previous: DecodedObject | undefined,
  from: RecordId,
): void {
  const key = source.keyOf(object);
  if (object.firstId > from) throw corrupt(key, `begins with record ${object.firstId}`, from);
  if (previous === undefined || previous.epoch !== object.epoch) return;
  if (object.previousHash !== previous.hash) {
    throw corrupt(key, 'does not go on from the chunk before', object.firstId);
  }
}

function missing(source: ChunkSource, place: SlotPlace, from: RecordId): Error {
  return corrupt(source.keyOf(place), 'is missing', from);
}
