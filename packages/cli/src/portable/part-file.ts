import { createReadStream } from 'node:fs';
import { access, type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  isLogError,
  type Log,
  type LogRecord,
  type RecordId,
  SegmentStreamReader,
} from '@wal/core';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { type IdRange, isSame } from '../transfer/compare.ts';
import type { StreamSink } from './export-log.ts';

type SourceLog = Log & { readonly metadata: Uint8Array };

/**
 * A file that gets its name when all of it is written and synced. Until then it is `<name>.part`; what an export that was stopped
 * left there is gone on with, if it is whole, and else begun anew.
 * @throws CommandError where the file is there, or the part is of something else
 */
export async function openPartFile(
  path: string,
  log: SourceLog,
  range: IdRange,
): Promise<StreamSink> {
  await refuseExisting(path);
  const part = `${path}.part`;
  const there = await readPart(part);
  if (there !== undefined) await refuseOtherPart(part, there, log, range);
  const file = await open(part, there === undefined ? 'w' : 'a');
  return {
    nextId: there?.nextId,
    write: (bytes) => writeAll(file, bytes),
    finish: async () => {
      await file.sync();
      await refuseExisting(path);
      await rename(part, path);
      await syncDirectory(dirname(path));
    },
    close: () => file.close(),
  };
}

async function refuseExisting(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new CommandError(`${path} is there already; choose another name`, EXIT.failed);
}

interface Part {
  readonly firstId: RecordId;
  readonly nextId: RecordId;
  readonly metadata: Uint8Array;
  readonly lastRecord: LogRecord | undefined;
}

/** What a part holds; `undefined` where there is none, or it is cut. */
async function readPart(path: string): Promise<Part | undefined> {
  const chunks = createReadStream(path, { highWaterMark: 1 << 20 });
  try {
    const reader = await SegmentStreamReader.open(chunks, path);
    const { firstId, metadata } = reader.header;
    let lastRecord: LogRecord | undefined;
    for await (const records of reader.batches()) lastRecord = records.at(-1);
    return { firstId, nextId: reader.nextId, metadata, lastRecord };
  } catch (error) {
    if (isLogError(error, 'ERR_LOG_CORRUPT')) return undefined;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    chunks.destroy();
  }
}

async function refuseOtherPart(
  path: string,
  { firstId, nextId, metadata, lastRecord }: Part,
  log: SourceLog,
  range: IdRange,
): Promise<void> {
  const firstStored = log.firstId ?? log.nextId;
  // What was trimmed since it was begun may be in it; an export of later records is another one.
  const isBeginning = range.from === firstStored ? firstId <= firstStored : firstId === range.from;
  const isOfLog =
    isBeginning &&
    nextId >= firstStored &&
    nextId <= range.through + 1 &&
    Buffer.compare(metadata, log.metadata) === 0 &&
    (lastRecord === undefined ||
      lastRecord.id < firstStored ||
      isSame(lastRecord, await log.get(lastRecord.id)));
  if (isOfLog) return;
  const message = `${path} is of another export; remove it, or choose another name`;
  throw new CommandError(message, EXIT.failed);
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at);
    at += bytesWritten;
  }
}

/** The name is durable then, too. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  await directory.sync().finally(() => directory.close());
}
