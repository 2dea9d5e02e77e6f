import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { type Disk, type DiskLock, LogError } from '@wal/core';
import { errorCode } from '../disk/storage-error.ts';
import { MetaDirectory } from '../meta/meta-directory.ts';
import { ownerOf } from '../meta/meta-file.ts';
import { MetaReader } from '../meta/meta-reader.ts';
import { metaLost } from '../meta/meta-slots.ts';
import type { Settings } from '../options.ts';
import { type Directory, readDirectory } from './live-segments.ts';

/**
 * Creates the log's directory, in one that exists. False: it was there.
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT` when it has no parent
 */
export async function makeDirectory({ disk, directory }: Settings): Promise<boolean> {
  try {
    await disk.makeDirectory(directory);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw errorCode(error) === 'ENOENT' ? noParent(directory, error) : error;
  }
  return true;
}

/**
 * The log in a directory, and what is in one that holds none. Another process may be creating it: a segment that was
 * seen where META was not yet is no damage, since META comes first.
 */
export async function findLog(
  disk: Disk,
  directory: string,
): Promise<{ readonly log: MetaReader | undefined; readonly found: Directory }> {
  let found: Directory = { segmentNames: [], foreignNames: [] };
  let log = await MetaReader.open(disk, directory);
  if (log === undefined) {
    found = await readDirectory(disk, directory);
    if (found.segmentNames.length > 0) log = await MetaReader.open(disk, directory);
  }
  return { log, found };
}

function noParent(directory: string, cause: unknown): LogError {
  return new LogError(
    'ERR_LOG_INVALID_ARGUMENT',
    'there is no directory to create the log in, ' +
      `directory=${directory} parent=${dirname(directory)}`,
    { cause },
  );
}

/** Makes the directory a log, unless it is one. @throws LogError as `refuseToCreate` */
export async function createLog(
  settings: Settings,
  isNewDirectory: boolean,
  lock: DiskLock,
): Promise<void> {
  const { disk, directory } = settings;
  const { log, found } = await findLog(disk, directory);
  await log?.close();
  if (log !== undefined) return; // Somebody else was quicker.
  refuseToCreate(directory, found);
  // Also where the directory was there: whoever made it may have died before it was durable.
  await disk.syncDirectory(dirname(directory)).catch((error: unknown) => {
    if (isNewDirectory || errorCode(error) !== 'EACCES') throw error; // A parent that is not ours to read.
  });
  await new MetaDirectory(disk, directory).found({
    uuid: new Uint8Array(randomBytes(16)),
    epoch: 0,
    owner: ownerOf(lock),
    firstId: settings.firstId,
    tail: { sequence: 0, firstId: settings.firstId },
    clean: undefined,
    metadata: settings.metadata ?? new Uint8Array(0),
  });
}

/**
 * A directory without META must hold nothing but what a creation that was cut off has left.
 * @throws LogError `ERR_LOG_CORRUPT` when there are segments, `ERR_LOG_UNSUPPORTED_FORMAT` for other files
 */
export function refuseToCreate(directory: string, found: Directory): void {
  const [segment] = found.segmentNames;
  if (segment !== undefined) throw noMeta(directory, segment);
  const [foreign] = found.foreignNames;
  if (foreign !== undefined) {
    throw new LogError(
      'ERR_LOG_UNSUPPORTED_FORMAT',
      `the directory is neither empty nor a log, directory=${directory} file=${foreign}`,
    );
  }
}

/** What a directory is that holds segments without META. */
function noMeta(directory: string, segment: string): LogError {
  return metaLost(`there are segments, but no META, directory=${directory} segment=${segment}`);
}

/** What a directory is that holds no trace of a log. */
export function noLog(directory: string): LogError {
  const message = `there is no log in this directory, directory=${directory}`;
  return new LogError('ERR_LOG_INVALID_ARGUMENT', message);
}
