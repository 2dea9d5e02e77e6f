import { SimDisk, SimStorage } from '@wal/conformance';
import { type FsLog, openFsLog } from '@wal/fslog';
import { content } from '../support/records.ts';

export const DIRECTORY = '/log';

/** A log's files, and the records that it holds, by their ids. */
export interface SmallLog {
  readonly storage: SimStorage;
  readonly firstId: number;
  readonly nextId: number;
  readonly records: ReadonlyMap<number, Uint8Array>;
}

/** How the last writer left it. */
export type Ending = 'closed' | 'killed' | 'killed, preallocated';

/** Three live segments, with a record trimmed from the first and one truncated from the second. */
export async function smallLog(ending: Ending): Promise<SmallLog> {
  const storage = new SimStorage();
  const disk = new SimDisk(storage);
  const preallocate = ending === 'killed, preallocated';
  const log = await openFsLog(DIRECTORY, { disk, segmentBytes: 4096, preallocate });
  const records = new Map<number, Uint8Array>();
  const append = async (...sizes: number[]): Promise<void> => {
    const data = sizes.map((size, i) => content(log.nextId * 8 + i, size));
    const { firstId } = await log.append(data);
    for (const [i, bytes] of data.entries()) records.set(firstId + i, bytes);
  };
  await append(30, 0, 90);
  await append(40);
  await log.roll();
  await append(20, 50);
  await append(60);
  await log.truncate(6);
  await log.trim(1);
  for (const sizes of [[70], [7, 8], [33, 44]]) await append(...sizes);
  records.delete(1);
  const { nextId } = log;
  if (ending === 'closed') await log.close();
  else disk.kill();
  return { storage, firstId: 2, nextId, records };
}

/** Four segments of a few dozen kilobytes, by two owners, with more than one footer entry each. */
export async function longerLog(ending: Ending): Promise<SmallLog> {
  const storage = new SimStorage();
  const options = { segmentBytes: 40_000, preallocate: ending === 'killed, preallocated' };
  const records = new Map<number, Uint8Array>();
  let disk = new SimDisk(storage);
  let log = await openFsLog(DIRECTORY, { disk, ...options });
  for (let i = 1; i <= 120; i++) {
    const data = [content(i, 100 + ((i * 37) % 900)), content(-i, i % 7)];
    const { firstId } = await log.append(data);
    for (const [k, bytes] of data.entries()) records.set(firstId + k, bytes);
    if (i === 50) await log.trim(30);
    if (i !== 80) continue;
    await log.close();
    disk = new SimDisk(storage);
    log = await openFsLog(DIRECTORY, { disk, ...options });
  }
  for (let id = 1; id <= 30; id++) records.delete(id);
  const { nextId } = log;
  if (ending === 'closed') await log.close();
  else disk.kill();
  return { storage, firstId: 31, nextId, records };
}

/** What opening a log and reading all of it came to. */
export interface Reading {
  /** Whether the log opened, and every read of it gave what it should. */
  readonly isReadable: boolean;
  readonly firstId: number;
  readonly nextId: number;
  /** What was read without an error. */
  readonly records: ReadonlyMap<number, Uint8Array>;
  readonly error: unknown;
}

/** Opens a log on a copy of `storage`, and reads it whole and record by record. */
export async function readLog(storage: SimStorage): Promise<Reading> {
  const disk = new SimDisk(storage.clone());
  const records = new Map<number, Uint8Array>();
  let log: FsLog;
  try {
    log = await openFsLog(DIRECTORY, { disk, segmentBytes: 4096 });
  } catch (error) {
    return { isReadable: false, firstId: 0, nextId: 0, records, error };
  }
  let failure: unknown;
  const { firstId = log.nextId, nextId } = log;
  try {
    for await (const { id, data } of log.iterator()) records.set(id, data.slice());
  } catch (error) {
    failure = error;
  }
  for (let id = firstId; id < nextId; id++) {
    try {
      records.set(id, (await log.get(id)).data.slice());
    } catch (error) {
      failure ??= error;
    }
  }
  await log.listSegments().catch((error: unknown) => {
    failure ??= error;
  });
  disk.kill();
  return { isReadable: failure === undefined, firstId, nextId, records, error: failure };
}
