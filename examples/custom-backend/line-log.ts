import { join } from 'node:path';
import * as wal from '@wal/core';

const NAME = 'journal.txt';
export const LIMITS: wal.AppendLimits = { maxRecordBytes: 1_048_576, maxBatchBytes: 16_777_216 };

/** Opens the log in a directory, and creates it if there is none. */
export async function openLineLog(disk: wal.Disk, path: string, firstId = 1): Promise<wal.Log> {
  wal.checkRecordId('firstId', firstId);
  const lost = new AbortController();
  let [lock, file]: [wal.DiskLock?, wal.DiskFile?] = [];
  try {
    lock = await disk.lock(path, () => lost.abort(new Error('the lock was lost')));
    if (!(await disk.list(path)).includes(NAME)) await create(disk, path, firstId);
    await disk.syncDirectory(path); // Also when the name is there: whoever gave it may have been killed.
    file = await disk.open(join(path, NAME), 'write');
    const log = await openJournal(file, lock);
    lost.signal.throwIfAborted();
    lost.signal.addEventListener('abort', () => log.fail(lost.signal.reason));
    return log;
  } catch (cause) {
    await file?.close().catch(() => undefined);
    await lock?.release();
    throw wal.isLogError(cause) ? cause : new wal.LogError('ERR_LOG_FAILED', `${cause}`, { cause });
  }
}

/** The file gets its name when its first line is durable, so that a journal always has one. */
async function create(disk: wal.Disk, path: string, firstId: wal.RecordId): Promise<void> {
  await disk.remove(join(path, `${NAME}.new`)).catch(() => undefined);
  const file = await disk.create(join(path, `${NAME}.new`));
  const line = encode({ firstId, nextId: firstId, records: [] }, 0);
  await write(file, line, 0).finally(() => file.close());
  await disk.rename(join(path, `${NAME}.new`), join(path, NAME));
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
  for (let at = 0, n = 1; n > 0; at += n) n = await file.read(bytes.subarray(at), at);
  let [last, start, end]: [wal.LogChange | undefined, number, number] = [undefined, 0, 0];
  for (let change = decode(bytes, 0); change !== undefined; change = decode(bytes, end)) {
    apply(change);
    [last, start, end] = [change, end, bytes.indexOf('\n', end) + 1];
  }
  // Each line was durable before the next was begun: a bad one with another behind it is no torn one.
  const behind = [...bytes.toString('latin1', end).matchAll(/[0-9a-f]{8} \{/g)];
  if (last === undefined || behind.some(({ index }) => decode(bytes, end + index) !== undefined))
    throw new wal.LogError('ERR_LOG_CORRUPT', 'rotten line', { byteOffset: end });
  await file.truncate(end);
  // After a sync that failed, the last line may be in the system's memory and nowhere else.
  await write(file, bytes.subarray(start, end), start);
  const store: wal.SerialStore = {
    limits: LIMITS,
    async commit(change) {
      end += await write(file, encode(change, end), end);
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

/** A line: CRC and JSON. The CRC is of this place: a power cut may leave an older piece of the file here. */
function encode(change: wal.LogChange, position: number): Buffer {
  const records = change.records.map((record) => Buffer.from(record).toString('base64'));
  const json = Buffer.from(JSON.stringify({ ...change, records }));
  return Buffer.concat([Buffer.from(crcOf(json, position)), json, Buffer.from('\n')]);
}

/** The change in the line at `start`, `undefined` if that is not what was written. */
function decode(bytes: Buffer, start: number): wal.LogChange | undefined {
  const newline = bytes.indexOf('\n', start);
  const json = bytes.subarray(start + 9, newline);
  if (newline < 0 || bytes.toString('latin1', start, start + 9) !== crcOf(json, start))
    return undefined;
  const change = JSON.parse(json.toString()) as wal.LogExtent & { records: string[] };
  return { ...change, records: change.records.map((text) => Buffer.from(text, 'base64')) };
}

const crcOf = (json: Uint8Array, position: number): string =>
  `${((wal.crc32(json) ^ position) >>> 0).toString(16).padStart(8, '0')} `;

async function write(file: wal.DiskFile, bytes: Uint8Array, position: number): Promise<number> {
  if ((await file.write(bytes, position)) < bytes.length) throw new Error('the write was short');
  return file.sync().then(() => bytes.length);
}
