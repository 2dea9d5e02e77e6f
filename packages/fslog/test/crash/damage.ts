import { isSameState, type LogState, readState, SimDisk, showState } from '@wal/conformance';
import { isLogError, type LogError, type LogErrorCode } from '@wal/core';
import { type FsLog, openFsLog } from '@wal/fslog';
import { DIRECTORY, type SmallLog } from './damage-log.ts';
import { type Expected, expectedOf, type Place } from './damage-place.ts';
import { newRecord } from './numbered-records.ts';

/** What opening a damaged log, and reading all of it, came to. */
export type Outcome =
  | 'same'
  | 'last group lost'
  | 'more groups lost'
  | 'trim undone'
  | LogErrorCode;

/**
 * Opens a log of which a file is `bytes` now, or is gone, and reads it in every way. Throws unless it is what must
 * become of that log: each record that is given is right, and each one that is not is answered for by an error that
 * says what is wrong and where.
 */
export async function outcomeOf(
  log: SmallLog,
  path: string,
  bytes: Uint8Array | undefined,
): Promise<Outcome> {
  const damaged = log.storage.clone();
  if (bytes === undefined) damaged.remove(path);
  else damaged.put(path, bytes);
  const expected = expectedOf(log, path, bytes);
  const disk = new SimDisk(damaged);
  const opened = await openOrRefuse(disk, expected);
  if (typeof opened === 'string') return opened;
  const outcome = await read(opened, log, expected);
  await opened.close();
  if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after close`);
  return outcome;
}

async function openOrRefuse(disk: SimDisk, expected: Expected): Promise<FsLog | LogErrorCode> {
  let opened: FsLog;
  try {
    opened = await openFsLog(DIRECTORY, { disk, segmentBytes: 4096 });
  } catch (error) {
    if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after ${error}`);
    if (expected.kind !== 'refused') throw error;
    checkError(error, expected.code, expected.place, 0);
    return expected.code;
  }
  if (expected.kind === 'refused') throw new Error(`opened, not refused: ${show(expected.place)}`);
  return opened;
}

async function read(opened: FsLog, log: SmallLog, expected: Expected): Promise<Outcome> {
  const state = expected.kind === 'lost' ? expected.state : log.states[0];
  const firstId = expected.kind === 'trim undone' ? expected.firstId : state.firstId;
  if (opened.nextId !== state.nextId || opened.firstId !== firstId) {
    throw new Error(`opened as [${opened.firstId}, ${opened.nextId})`);
  }
  const places = expected.kind === 'unreadable' ? expected.places : new Map<number, Place>();
  await readWhole(opened, state, places);
  await readSingly(opened, state, places);
  if (expected.kind === 'trim undone') return 'trim undone';
  if (places.size > 0) return 'ERR_LOG_CORRUPT';
  await useOn(opened, state);
  return (['same', 'last group lost'] as const)[log.states.indexOf(state)] ?? 'more groups lost';
}

type ErrorPlace = Pick<LogError, 'segment' | 'byteOffset' | 'firstAffectedId'>;

/**
 * Checks that the error says `place`, and nothing else. The first affected id may be one that is trimmed: what is lost
 * with it are those of its batch, or segment, from `firstId` on.
 */
function checkError(error: unknown, code: LogErrorCode, place: Place, firstId: number): void {
  if (!isLogError(error, code)) throw error;
  const { segment, byteOffset, firstAffectedId } = error;
  const affected = firstAffectedId && Math.max(firstAffectedId, firstId);
  const found = show({ segment, byteOffset, firstAffectedId: affected });
  if (found !== show(place)) throw new Error(`${found}, not ${show(place)}: ${error}`);
}

function show({ segment, byteOffset, firstAffectedId }: ErrorPlace): string {
  return `segment=${segment} byteOffset=${byteOffset} firstAffectedId=${firstAffectedId}`;
}

/** An iterator gives everything before the first record that cannot be read, and nothing behind it. */
async function readWhole(
  log: FsLog,
  expected: LogState,
  places: ReadonlyMap<number, Place>,
): Promise<void> {
  const { firstId, nextId } = expected;
  let id = firstId;
  try {
    for await (const record of log.iterator({ start: firstId })) {
      if (record.id !== id) throw new Error(`read ${record.id} where ${id} must be`);
      checkRecord(record.data, expected, id);
      id++;
    }
  } catch (error) {
    const place = places.get(id);
    if (place === undefined) throw error;
    checkError(error, 'ERR_LOG_CORRUPT', place, firstId);
    return;
  }
  if (id !== nextId) throw new Error(`ends before ${id}, must end before ${nextId}`);
}

async function readSingly(
  log: FsLog,
  expected: LogState,
  places: ReadonlyMap<number, Place>,
): Promise<void> {
  const { firstId, nextId } = expected;
  for (let id = firstId; id < nextId; id++) {
    const place = places.get(id);
    const found = await log.get(id).catch((error: unknown) => {
      if (place === undefined) throw error;
      checkError(error, 'ERR_LOG_CORRUPT', place, firstId);
    });
    if (found !== undefined && place !== undefined) throw new Error(`record ${id} was given`);
    if (found !== undefined) checkRecord(found.data, expected, id);
  }
}

function checkRecord(data: Uint8Array, { firstId, records }: LogState, id: number): void {
  if (Buffer.compare(data, records[id - firstId] as Uint8Array) !== 0) {
    throw new Error(`record ${id} has other bytes`);
  }
}

/** A log that seems whole must go on as one. */
async function useOn(log: FsLog, expected: LogState): Promise<void> {
  const record = newRecord(12);
  await log.append(record);
  const state = await readState(log);
  const { firstId, nextId, records } = expected;
  const wanted = { firstId, nextId: nextId + 1, records: [...records, record] };
  if (!isSameState(state, wanted)) throw new Error(`went on to ${showState(state)}`);
}
