import type { DecodedObject } from '../chunk/chunk.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { corrupt } from '../chunk/object-header.ts';
import { comparePlaces, type SlotPlace } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import { refuseBrokenChain } from '../read/chunk-reader.ts';
import type { LogExtent } from '../read/log-extent.ts';
import { ReadAhead } from '../read/read-ahead.ts';
import { keptLast, type Root, type SegmentEntry } from '../root/root.ts';
import { freshNonce } from '../runtime/entropy.ts';
import { SegmentBuilder } from '../segment/segment.ts';
import { RANGE_BYTES } from '../segment/segment-range.ts';
import type { SegmentSource } from '../segment/segment-source.ts';

/** A segment that is stored, for the owner of this root version to name. */
export interface StoredSegment {
  readonly madeFrom: Root;
  readonly entry: SegmentEntry;
  /** The last segments of the root, if it was made of them; if it was made of chunks, none. */
  readonly replaced: readonly SegmentEntry[];
}

/** What a compactor works on. */
export interface CompactorParts {
  readonly context: LogContext;
  readonly source: ChunkSource;
  readonly segments: SegmentSource;
  readonly extent: LogExtent;
  readonly segmentBytes: number;
  readonly readAheadBytes: number;
}

/** Makes segments of the chunks below a log's tail. Nothing of the log changes by it: its owner has to name them. */
export class Compactor {
  readonly #parts: CompactorParts;
  #isStopped = false;

  constructor(parts: CompactorParts) {
    this.#parts = parts;
  }

  /** Whatever is being made is given up. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Stores the next segment, and reads it back; `undefined` where there are not two chunks to put together. */
  async next(): Promise<StoredSegment | undefined> {
    const { extent, source, segmentBytes } = this.#parts;
    const { root } = extent;
    const builder = this.#builder(root, root.chunks.firstId);
    let chunks = 0;
    let end: SlotPlace | undefined;
    // Two chunks at least, however large the first: alone it would stay, and all behind it would.
    const isFull = (): boolean => chunks > 1 && builder.size >= segmentBytes;
    for await (const chunk of this.#chunks(root, builder, isFull)) {
      if (chunk.firstId > builder.nextId) {
        const what = `begins with record ${chunk.firstId}`;
        throw corrupt(source.keyOf(chunk), what, builder.nextId);
      }
      const last = Math.min(chunk.nextId - 1, keptLast(root, chunk.epoch));
      const records = chunk.records.slice(
        builder.nextId - chunk.firstId,
        Math.max(0, last - chunk.firstId + 1),
      );
      if (records.length === 0) continue;
      builder.add({ ...chunk, records });
      end = { epoch: chunk.epoch, slot: chunk.slot + 1 };
      chunks++;
    }
    if (end === undefined || chunks < 2 || this.#isStopped) return undefined;
    return { madeFrom: root, entry: await this.#store(builder, end), replaced: [] };
  }

  /**
   * Stores one segment in place of the last ones, and reads it back; `undefined` where they are not small enough: so a
   * log has few small segments, and each record is copied only some times.
   */
  async merged(): Promise<StoredSegment | undefined> {
    const { extent, segments, segmentBytes } = this.#parts;
    const { root } = extent;
    const replaced = lastToMerge(root.segments, segmentBytes);
    const [first, last] = [replaced[0], replaced.at(-1)];
    if (first === undefined || last === undefined) return undefined;
    const builder = this.#builder(root, first.firstId);
    for (const segment of replaced) {
      for await (const batch of segments.batches(segment)) builder.add(batch);
      if (this.#isStopped) return undefined;
    }
    // The chunks have been in a segment for as long as before.
    const { namedAtMs } = last;
    const entry = { ...(await this.#store(builder, last.end)), namedAtMs };
    return { madeFrom: root, entry, replaced };
  }

  #builder({ uuid, epoch, metadata }: Root, firstId: number): SegmentBuilder {
    const { entropy, clock } = this.#parts.context.requests;
    const createdAtMs = Math.max(0, Math.floor(clock.now()));
    const nonce = freshNonce(entropy);
    return new SegmentBuilder({ uuid, nonce, firstId, epoch, metadata, createdAtMs });
  }

  /** Chunk after chunk, from where they begin up to the tail, until there is enough for a segment. */
  async *#chunks(
    root: Root,
    builder: SegmentBuilder,
    isFull: () => boolean,
  ): AsyncGenerator<DecodedObject> {
    const { source, extent, readAheadBytes } = this.#parts;
    const { tail } = extent;
    const readAhead = new ReadAhead(source, extent, readAheadBytes);
    let previous: DecodedObject | undefined;
    let { epoch, slot } = root.chunks;
    while (!isFull() && !this.#isStopped) {
      // What a truncate has removed, to its epoch's end.
      while (epoch < tail.epoch && keptLast(root, epoch) < builder.nextId)
        [epoch, slot] = [epoch + 1, 0];
      const place = { epoch, slot };
      if (comparePlaces(place, tail) >= 0) return;
      const object = await readAhead.take(place, builder.nextId, Number.POSITIVE_INFINITY);
      if (object === undefined) throw corrupt(source.keyOf(place), 'is missing', builder.nextId);
      if (object.kind === 'seal') {
        [epoch, slot] = [epoch + 1, 0];
        continue;
      }
      refuseBrokenChain(source, object, previous, builder.nextId);
      previous = object;
      slot++;
      yield object;
    }
  }

  /** What a store says that it has is believed only when it gives it back. */
  async #store(builder: SegmentBuilder, end: SlotPlace): Promise<SegmentEntry> {
    const { requests, keys } = this.#parts.context;
    const { nonce, firstId } = builder.origin;
    const { bytes, footerAt, nextId } = builder.finish();
    const key = keys.segment({ nonce, firstId });
    await requests.putFresh(key, bytes);
    for (let offset = 0; offset < bytes.length; offset += RANGE_BYTES) {
      const length = Math.min(RANGE_BYTES, bytes.length - offset);
      const stored = await requests.get(key, { offset, length });
      const isSame =
        stored && Buffer.compare(stored, bytes.subarray(offset, offset + length)) === 0;
      if (!isSame) throw corrupt(key, 'is not what was put there', firstId);
    }
    const namedAtMs = requests.clock.now();
    return { nonce, firstId, nextId, bytes: bytes.length, footerAt, end, namedAtMs };
  }
}

/** The last segments, at least two, of which each is at most twice as large as all behind it, and all fit into one. */
function lastToMerge(
  segments: readonly SegmentEntry[],
  mostBytes: number,
): readonly SegmentEntry[] {
  let bytes = segments.at(-1)?.bytes ?? 0;
  let first = segments.length - 1;
  for (let before = segments[first - 1]; before !== undefined; before = segments[first - 1]) {
    if (before.bytes > 2 * bytes || before.bytes + bytes > mostBytes) break;
    bytes += before.bytes;
    first--;
  }
  return first < segments.length - 1 ? segments.slice(first) : [];
}
