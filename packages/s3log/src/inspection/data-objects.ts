import { SEAL_BYTES } from '../chunk/chunk.ts';
import { ChunkSource } from '../chunk/chunk-source.ts';
import { comparePlaces, type SlotPlace } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import { keptLast, type Root } from '../root/root.ts';
import type { ObjectEntry } from '../store/object-store.ts';
import type { S3LogObject, S3LogObjectState } from './list-objects.ts';

interface Placed extends SlotPlace {
  readonly entry: ObjectEntry;
  readonly isSeal: boolean;
}

/** The chunks and seals among the objects, by their keys. */
export async function dataObjects(
  context: LogContext,
  root: Root,
  entries: readonly ObjectEntry[],
): Promise<ReadonlyMap<string, S3LogObject>> {
  const epochs = new Map<number, Placed[]>();
  for (const entry of entries) {
    const place = context.keys.placeOf(entry.key);
    if (place === undefined) continue;
    const isSeal = entry.size % 2 === SEAL_BYTES % 2; // Chunks are even.
    const placed = epochs.get(place.epoch) ?? [];
    placed.push({ ...place, entry, isSeal });
    epochs.set(place.epoch, placed);
  }
  const source = new ChunkSource(context, root.uuid);
  const objects = new Map<string, S3LogObject>();
  for (const [epoch, placed] of epochs) {
    placed.sort(comparePlaces);
    const end = await endOfEpoch(root, source, epoch, placed);
    for (const each of placed) objects.set(each.entry.key, describe(root, each, end));
  }
  return objects;
}

/** The slot from which on nothing of an epoch counts: its seal's, or that of the first chunk that a truncate removed. */
async function endOfEpoch(
  root: Root,
  source: ChunkSource,
  epoch: number,
  placed: readonly Placed[],
): Promise<number> {
  // Below where the chunks begin one may be the late seal of an opener that had lost: it ends nothing.
  const isEnd = (place: Placed): boolean => place.isSeal && comparePlaces(place, root.chunks) >= 0;
  const seal = placed.find(isEnd)?.slot ?? Number.POSITIVE_INFINITY;
  const kept = keptLast(root, epoch);
  if (kept === Number.POSITIVE_INFINITY) return seal;
  // Ids rise with the slots: half of what is left each time.
  const chunks = placed.filter(
    (place) => !place.isSeal && place.slot < seal && comparePlaces(place, root.chunks) >= 0,
  );
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const header = await source.header(chunks[middle] as Placed);
    // Deleted meanwhile: it was not needed.
    if (header !== undefined && header.firstId <= kept) low = middle + 1;
    else high = middle;
  }
  return chunks[low]?.slot ?? seal;
}

function describe(root: Root, placed: Placed, end: number): S3LogObject {
  const { key, size, modifiedAtMs } = placed.entry;
  const common = { key, bytes: size, modifiedAtMs, firstId: undefined, lastId: undefined };
  // A seal is needed for ever: it keeps late chunks of a former writer from counting.
  if (placed.isSeal) return { ...common, kind: 'seal', state: 'live' };
  return { ...common, kind: 'chunk', state: stateOf(root, placed, end) };
}

function stateOf(root: Root, placed: Placed, end: number): S3LogObjectState {
  if (comparePlaces(placed, root.trim) < 0) return 'trimmed';
  if (comparePlaces(placed, root.chunks) < 0) return 'superseded'; // In a segment.
  return placed.slot < end ? 'live' : 'superseded';
}
