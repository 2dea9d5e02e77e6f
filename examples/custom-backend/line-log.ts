import { join } from 'node:path';
import * as wal from '@wal/core';

const NAME = 'journal.txt';
export const LIMITS: wal.AppendLimits = { maxRecordBytes: 1_048_576, maxBatchBytes: 16_777_216 };

/** Opens the log in a directory, and creates it if there is none. */
export async function openLineLog(disk: wal.Disk, path: string, firstId = 1): Promise<wal.Log> {
  wal.checkRecordId('firstId', firstId);
  let log: wal.SerialLog | undefined;
  let file: wal.DiskFile | undefined;
  const lock = await disk.lock(path, () => log?.fail(new Error('the lock was lost')));
  try {
    if (!(await disk.list(path)).includes(NAME)) await create(disk, path, firstId);
    file = await disk.open(join(path, NAME), 'write');
    log = await openJournal(file, lock);
    return log;
  } catch (cause) {
    await file?.close();
    await lock.release();
    throw wal.isLogError(cause) ? cause : new wal.LogError('ERR_LOG_FAILED', `${cause}`, { cause });
  }
}

/** The file gets its name when its first line is durable, so that a journal always has one. */
async function create(disk: wal.Disk, path: string, firstId: wal.RecordId): Promise<void> {
  await disk.remove(join(path, `${NAME}.new`)).catch(() => undefined);
  const file = await disk.create(join(path, `${NAME}.new`));
  await write(file, encode({ firstId, nextId: firstId, records: [] }), 0);
  await file.close();
  await disk.rename(join(path, `${NAME}.new`), join(path, NAME));
  await disk.syncDirectory(path);
}

/** A journal with a line for every change, and what it says is stored. All records are in memory as well. */
async function openJournal(file: wal.DiskFile, lock: wal.DiskLock): Promise<wal.SerialLog> {
  const records = new Map<wal.RecordId, wal.LogRecord>();
  const apply = (change: wal.LogChange): void => {
    let id = change.nextId - change.records.length;
    for (const data of change.records) records.set(id, { id: id++, data });
    if (change.records.length > 0) return;
    for (const id of records.keys())
      if (id < change.firstId || id >= change.nextId) records.delete(id);
  };
  const bytes = Buffer.alloc(await file.size());
  for (let at = 0; at < bytes.length; ) at += await file.read(bytes.subarray(at), at);
  let last: wal.LogChange | undefined;
  let [start, end] = [0, 0];
  for (let change = decode(bytes, 0); change !== undefined; change = decode(bytes, end)) {
    apply(change);
    [last, start, end] = [change, end, bytes.indexOf('\n', end) + 1];
  }
  // Each line was durable before the next was begun: a bad one with another behind it is no torn one.
  if (last === undefined || /[0-9a-f]{8} \{/.test(bytes.toString('latin1', end + 1))) {
    throw new wal.LogError('ERR_LOG_CORRUPT', 'rotten line', { byteOffset: end });
  }
  await file.truncate(end);
  // After a sync that failed, the last line may be in the system's memory and nowhere else.
  await write(file, bytes.subarray(start, end), start);
  const store: wal.SerialStore = {
    limits: LIMITS,
    async commit(change) {
      const line = encode(change);
      await write(file, line, end);
      end += line.length;
      apply(change);
    },
    async read(from, through) {
      const ids = Array.from({ length: Math.min(through - from, 1023) + 1 }, (_, i) => from + i);
      return ids.flatMap((id) => records.get(id) ?? []);
    },
    close: () => file.close().finally(() => lock.release()),
  };
  return wal.createSerialLog(store, last);
}

/** A line: the CRC of the rest, then the change as JSON, its records in base64. */
function encode(change: wal.LogChange): Buffer {
  const records = change.records.map((record) => Buffer.from(record).toString('base64'));
  const json = Buffer.from(JSON.stringify({ ...change, records }));
  return Buffer.concat([Buffer.from(`${crcOf(json)} `), json, Buffer.from('\n')]);
}

/** The change in the line at `start`, `undefined` if that is not what was written. */
function decode(bytes: Buffer, start: number): wal.LogChange | undefined {
  const newline = bytes.indexOf('\n', start);
  const json = bytes.subarray(start + 9, newline);
  const crc = bytes.toString('latin1', start, start + 9);
  if (newline < 0 || crc !== `${crcOf(json)} `) return undefined;
  const change = JSON.parse(json.toString()) as wal.LogExtent & { records: string[] };
  return { ...change, records: change.records.map((text) => Buffer.from(text, 'base64')) };
}

const crcOf = (json: Uint8Array): string => wal.crc32(json).toString(16).padStart(8, '0');

async function write(file: wal.DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await file.write(bytes.subarray(at), position + at);
  await file.sync();
}
