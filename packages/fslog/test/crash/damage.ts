import {
  isSameState,
  type LogState,
  readState,
  SimDisk,
  SimStorage,
  showState,
} from '@wal/conformance';
import { isLogError, type LogErrorCode } from '@wal/core';
import { type FsLog, openFsLog } from '@wal/fslog';
import { newRecord } from './numbered-records.ts';

const DIRECTORY = '/log';

/** A small log's files, and what it held after each group in its tail segment, the last one first. */
export interface SmallLog {
  readonly storage: SimStorage;
  readonly states: readonly LogState[];
  /** Its files as they were before, at one time or another. */
  readonly older: readonly (readonly [string, Uint8Array])[];
}

/** Three live segments, with records trimmed from the first and truncated from the second. */
export async function smallLog(isClosed: boolean, preallocate: boolean): Promise<SmallLog> {
  const storage = new SimStorage();
  const disk = new SimDisk(storage);
  const log = await openFsLog(DIRECTORY, { disk, segmentBytes: 4096, preallocate });
  const versions: (readonly [string, Uint8Array])[] = [];
  const after = async (change: Promise<unknown>): Promise<void> => {
    await change;
    versions.push(...storage.files(DIRECTORY));
  };
  await after(log.append([newRecord(30), newRecord(0), newRecord(90)]));
  await after(log.append(newRecord(40)));
  await after(log.roll());
  await after(log.append([newRecord(20), newRecord(50)]));
  await after(log.append(newRecord(60)));
  await after(log.truncate(6));
  await after(log.trim(1));
  const states = [await readState(log)];
  for (const lengths of [[70], [7, 8], [33, 44]]) {
    await after(log.append(lengths.map((length) => newRecord(length))));
    states.unshift(await readState(log));
  }
  if (isClosed) await log.close();
  else disk.kill();
  const files = storage.files(DIRECTORY);
  const older = versions.filter(([path, bytes]) => {
    const now = files.get(path);
    return now !== undefined && Buffer.compare(now, bytes) !== 0;
  });
  return { storage, states, older };
}

/** What opening a damaged log, and reading all of it, came to. */
export type Outcome =
  | 'same'
  | 'last group lost'
  | 'more groups lost'
  | 'trim undone'
  | LogErrorCode;

/**
 * Opens a damaged log and reads it in every way. Throws unless each record that is given is right, and
 * each one that is not given is answered for by an error that says what is wrong and where.
 */
export async function outcomeOf(damaged: SimStorage, log: SmallLog): Promise<Outcome> {
  const disk = new SimDisk(damaged);
  let opened: FsLog;
  try {
    opened = await openFsLog(DIRECTORY, { disk, segmentBytes: 4096 });
  } catch (error) {
    if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after ${error}`);
    return explained(error);
  }
  const expected = log.states.find(
    (state) => state.nextId === opened.nextId && opened.firstId === state.firstId,
  );
  if (expected === undefined) {
    const { nextId, firstId = 0 } = opened;
    const isOnlyTrim = log.states[0]?.nextId === nextId && firstId < log.states[0].firstId;
    if (isOnlyTrim) {
      await opened.close();
      return 'trim undone';
    }
    throw new Error(`opened as [${opened.firstId}, ${opened.nextId})`);
  }
  const whole = await readWhole(opened, expected);
  const single = await readSingly(opened, expected);
  if (whole === undefined && single === undefined) await useOn(opened, expected);
  await opened.close();
  if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after close`);
  const lost = (['same', 'last group lost'] as const)[log.states.indexOf(expected)];
  return whole ?? single ?? lost ?? 'more groups lost';
}

/** The code of an error that a caller can act on. */
function explained(error: unknown): LogErrorCode {
  if (!isLogError(error)) throw error;
  const { code, segment, byteOffset, firstAffectedId } = error;
  if (code === 'ERR_LOG_UNSUPPORTED_FORMAT') return code;
  // Which file is missing cannot always be told, and META's damage affects no id more than another.
  const hasId = firstAffectedId !== undefined || segment === 'META';
  if (code !== 'ERR_LOG_CORRUPT' || byteOffset === undefined || !hasId) throw error;
  return code;
}

async function readWhole(log: FsLog, expected: LogState): Promise<LogErrorCode | undefined> {
  let id = expected.firstId;
  try {
    for await (const record of log.iterator()) {
      if (record.id !== id) throw new Error(`read ${record.id} where ${id} must be`);
      checkRecord(record.data, expected, id);
      id++;
    }
  } catch (error) {
    return explained(error);
  }
  if (id !== expected.nextId)
    throw new Error(`ends before ${id}, must end before ${expected.nextId}`);
  return undefined;
}

async function readSingly(log: FsLog, expected: LogState): Promise<LogErrorCode | undefined> {
  let code: LogErrorCode | undefined;
  for (let id = expected.firstId; id < expected.nextId; id++) {
    try {
      checkRecord((await log.get(id)).data, expected, id);
    } catch (error) {
      code = explained(error);
    }
  }
  return code;
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
