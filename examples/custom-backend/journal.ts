import { join } from 'node:path';
import type { Disk, DiskFile, RecordId } from '@wal/core';
import { encodeOperation, type Operation } from './operation.ts';
import { recoverOperations } from './recovery.ts';

const NAME = 'journal.txt';

/** A file of operations, a line each. Each is durable before the next is begun. */
export class Journal {
  readonly #file: DiskFile;
  #end: number;

  constructor(file: DiskFile, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** Durable when it resolves. When it rejects, the line may be in the file or not: write no other. */
  async append(operation: Operation): Promise<void> {
    const line = encodeOperation(operation);
    await this.write(line, this.#end);
    this.#end += line.length;
  }

  /** Writes, in as many calls as the disk needs, and syncs. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      at += await this.#file.write(bytes.subarray(at), position + at);
    }
    await this.#file.sync();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** What a journal held when it was opened. */
export interface OpenedJournal {
  readonly journal: Journal;
  readonly operations: readonly Operation[];
  /** The length of a last line that was never finished, and was dropped. */
  readonly tornBytes: number;
}

/** Opens the journal of a directory, and creates it if there is none. @throws LogError `ERR_LOG_CORRUPT` */
export async function openJournal(
  disk: Disk,
  directory: string,
  firstId: RecordId,
): Promise<OpenedJournal> {
  if (!(await disk.list(directory)).includes(NAME)) await createJournal(disk, directory, firstId);
  const file = await disk.open(join(directory, NAME), 'write');
  try {
    const bytes = Buffer.alloc(await file.size());
    for (let at = 0; at < bytes.length; ) at += await file.read(bytes.subarray(at), at);
    const { operations, lastLine, end } = recoverOperations(bytes);
    const journal = new Journal(file, end);
    await file.truncate(end);
    // After a sync that failed, the last line may be in the system's memory and nowhere else.
    await journal.write(bytes.subarray(lastLine, end), lastLine);
    return { journal, operations, tornBytes: bytes.length - end };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The file gets its name when its first line is durable, so that a journal always has one. */
async function createJournal(disk: Disk, directory: string, firstId: RecordId): Promise<void> {
  const draft = join(directory, `${NAME}.new`);
  await disk.remove(draft).catch(() => undefined);
  const journal = new Journal(await disk.create(draft), 0);
  await journal.append({ trim: firstId - 1 }).finally(() => journal.close());
  await disk.rename(draft, join(directory, NAME));
  await disk.syncDirectory(directory);
}
