import {
  crc32,
  createSerialLog,
  type Disk,
  type DiskFile,
  type DiskLock,
  type Log,
  type LogChange,
  LogError,
  type LogExtent,
  type LogRecord,
} from '@wal/core';

/** What a test has a journal do in its own way. */
export interface JournalOptions {
  /** Called before each change is written. */
  readonly pause?: () => Promise<void>;
  /** Makes a change that was written durable, or not. */
  readonly sync?: (file: DiskFile, change: LogChange) => Promise<void>;
}

export interface JournalLog extends Log {
  /** Makes everything that was acknowledged durable. */
  flush(): Promise<void>;
}

const LIMITS = { maxRecordBytes: 1_000_000, maxBatchBytes: 4_000_000 };

/** A log in one file, small and plain: a line for each change, and a CRC of it and its place. */
export async function openJournal(
  disk: Disk,
  directory: string,
  options: JournalOptions = {},
): Promise<JournalLog> {
  let [lock, file]: [DiskLock?, DiskFile?] = [];
  try {
    lock = await disk.lock(directory, () => undefined);
    const isThere = (await disk.list(directory)).includes('journal');
    const path = `${directory}/journal`;
    file = isThere ? await disk.open(path, 'write') : await disk.create(path);
    await disk.syncDirectory(directory);
    return await readJournal(file, lock, options);
  } catch (cause) {
    await file?.close().catch(() => undefined);
    await lock?.release();
    throw new LogError('ERR_LOG_FAILED', String(cause), { cause });
  }
}

async function readJournal(
  file: DiskFile,
  lock: DiskLock,
  { pause, sync = () => file.sync() }: JournalOptions,
): Promise<JournalLog> {
  const bytes = Buffer.alloc(await file.size());
  for (let at = 0, n = 1; n > 0; at += n) n = await file.read(bytes.subarray(at), at);
  const records = new Map<number, LogRecord>();
  let [extent, start, end]: [LogExtent, number, number] = [{ firstId: 1, nextId: 1 }, 0, 0];
  for (let change = decode(bytes, end); change !== undefined; change = decode(bytes, end)) {
    apply(change, records);
    [extent, start, end] = [change, end, bytes.indexOf('\n', end) + 1];
  }
  await file.truncate(end);
  await write(file, bytes.subarray(start, end), start);
  await file.sync();
  const store = {
    limits: LIMITS,
    async commit(change: LogChange): Promise<void> {
      await pause?.();
      const line = encode(change, end);
      await write(file, line, end);
      await sync(file, change);
      end += line.length;
      apply(change, records);
    },
    read: async (from: number) => [...records.values()].filter(({ id }) => id === from),
    close: async () => {
      try {
        await file.sync().finally(() => file.close());
      } finally {
        await lock.release();
      }
    },
  };
  return Object.assign(createSerialLog(store, extent), { flush: () => file.sync() });
}

async function write(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  if ((await file.write(bytes, position)) < bytes.length) throw new Error('the write was short');
}

function apply(change: LogChange, records: Map<number, LogRecord>): void {
  let id = change.nextId - change.records.length;
  for (const data of change.records) records.set(id, { id: id++, data });
  for (const known of records.keys())
    if (known < change.firstId || known >= change.nextId) records.delete(known);
}

function encode(change: LogChange, position: number): Buffer {
  const records = change.records.map((record) => Buffer.from(record).toString('hex'));
  const json = JSON.stringify({ ...change, records });
  return Buffer.from(`${crcOf(json, position)} ${json}\n`);
}

function decode(bytes: Buffer, start: number): LogChange | undefined {
  const end = bytes.indexOf('\n', start);
  const [crc, json = ''] = bytes.toString('latin1', start, Math.max(start, end)).split(' ');
  if (end < 0 || crc !== crcOf(json, start)) return undefined;
  const change = JSON.parse(json) as LogExtent & { readonly records: string[] };
  return { ...change, records: change.records.map((text) => Buffer.from(text, 'hex')) };
}

function crcOf(json: string, position: number): string {
  return ((crc32(Buffer.from(json)) ^ position) >>> 0).toString(16);
}
