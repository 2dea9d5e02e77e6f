import { isLogError, type RecordId } from '@wal/core';
import { createLog, makeDirectory, refuseToCreate } from './creation.ts';
import type { FsLog } from './fs-log.ts';
import { type Inspection, inspect } from './inspection.ts';
import { type Layout, readDirectory } from './layout.ts';
import { LogReader } from './log-reader.ts';
import { isSameLog, type MetaState } from './meta.ts';
import { MetaFile } from './meta-file.ts';
import {
  checkFsLogOptions,
  type FsLogOptions,
  refuseOtherMetadata,
  type Settings,
} from './options.ts';
import { openReadOnly } from './read-only-log.ts';
import type { RecoveredTail } from './recovery.ts';
import { SegmentCache } from './segment-cache.ts';
import { SegmentList } from './segment-list.ts';
import { errorCode, explainOpenError } from './storage-error.ts';
import { WritableLog } from './writable-log.ts';
import type { OpenedLog } from './writer.ts';

/**
 * Opens the log in `directory`, for writing unless `readOnly` is set, and creates it if there is none: the
 * directory itself too, but not its parents. When it resolves, the log holds everything that was ever
 * acknowledged, a torn tail is dropped and reported in `recovery`, and no other process can write.
 *
 * Opening changes nothing on the disk when it rejects with `ERR_LOG_INVALID_ARGUMENT` (bad options, no
 * such directory, not a directory), `ERR_LOG_UNSUPPORTED_FORMAT` (a newer format, or files of something
 * else), `ERR_LOG_METADATA_MISMATCH` or `ERR_LOG_CORRUPT`.
 * @throws LogError these, and `ERR_LOG_LOCKED` (at once, with `holder`), `ERR_LOG_READ_ONLY` (no permission
 * to write), `ERR_LOG_NO_SPACE`, `ERR_LOG_FAILED` with the system's error as `cause`.
 */
export async function openFsLog(directory: string, options?: FsLogOptions): Promise<FsLog> {
  const settings = checkFsLogOptions(directory, options);
  try {
    return settings.readOnly ? await openReadOnly(settings) : await openForWriting(settings);
  } catch (error) {
    throw explainOpenError(error, settings.directory);
  }
}

async function openForWriting(settings: Settings): Promise<FsLog> {
  const { disk, directory } = settings;
  const isNew = await makeDirectory(settings);
  const glance = isNew ? undefined : await glanceAt(settings);
  let log: WritableLog | undefined;
  const lock = await disk.lock(directory, () => log?.onLockLost());
  try {
    if (glance === undefined) await createLog(settings, isNew);
    const { opened, ...recovery } = await recover(settings, glance);
    log = new WritableLog(opened, lock, recovery);
    return log;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** A log as it was before the lock was taken: a long directory is read while that goes on. */
interface Glance {
  readonly meta: MetaState;
  readonly segmentNames: Promise<readonly string[]>;
}

/** Refuses all that can be refused before the first change, the lock's among them. */
async function glanceAt(settings: Settings): Promise<Glance | undefined> {
  const { disk, directory } = settings;
  let meta: MetaFile;
  try {
    meta = await MetaFile.open(disk, directory, 'read');
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    refuseToCreate(directory, await readDirectory(disk, directory));
    return undefined;
  }
  await meta.close();
  refuseOtherMetadata(settings, meta.state);
  const segmentNames = listSegments(settings);
  segmentNames.catch(() => undefined); // Whoever needs it hears of it.
  return { meta: meta.state, segmentNames };
}

async function listSegments({ disk, directory }: Settings): Promise<readonly string[]> {
  return (await readDirectory(disk, directory)).segmentNames;
}

interface Recovered {
  readonly opened: OpenedLog;
  readonly wasClean: boolean;
  readonly torn: RecoveredTail['torn'];
  readonly removed: readonly string[];
}

/**
 * Inspects first and changes nothing, then takes the log over, which fences the writer before, and only
 * then looks at what that one has added since, and repairs what it left.
 */
async function recover(settings: Settings, glance: Glance | undefined): Promise<Recovered> {
  const { disk, directory } = settings;
  const meta = await MetaFile.open(disk, directory, 'write');
  let found: Inspection | undefined;
  try {
    refuseOtherMetadata(settings, meta.state);
    found = await inspectBefore(settings, meta, glance);
    const before = meta.state;
    // Every segment's creation has made META's name durable; before the first one it may not be yet.
    if (before.tail.sequence === 0) await disk.syncDirectory(directory);
    await meta.takeOver();
    if (isSameLog(before, meta.state)) {
      await found.tail?.inspect(before.clean);
    } else {
      await found.tail?.close();
      found = await inspect(settings, meta.state, await listSegments(settings));
    }
    const { layout, tail } = found;
    const { clean } = meta.state;
    const recovered = await tail?.repair(clean);
    if (recovered !== undefined && clean === undefined) {
      await meta.commit({ clean: { byteOffset: recovered.byteOffset, nextId: recovered.nextId } });
    }
    await tail?.close();
    return {
      opened: openSegments(settings, meta, layout, recovered?.nextId ?? 0),
      wasClean: tail === undefined || clean !== undefined,
      torn: recovered?.torn,
      removed: [...layout.garbage, ...layout.uncommitted],
    };
  } catch (error) {
    await found?.tail?.close().catch(() => undefined);
    await meta.close().catch(() => undefined);
    throw error;
  }
}

/**
 * Inspects a log that another owner, thought to be dead, may still be writing to. What is read meanwhile
 * need not fit together: it is refused once the same does not check out twice.
 */
async function inspectBefore(
  settings: Settings,
  meta: MetaFile,
  glance: Glance | undefined,
): Promise<Inspection> {
  let names = glance !== undefined && isSameLog(glance.meta, meta.state) && glance.segmentNames;
  let refusal: string | undefined;
  for (;;) {
    try {
      return await inspect(settings, meta.state, await (names || listSegments(settings)));
    } catch (error) {
      const mayPass = isLogError(error, 'ERR_LOG_CORRUPT') || errorCode(error) === 'ENOENT';
      if (!mayPass || String(error) === refusal) throw error;
      refusal = String(error);
      names = false;
      await meta.reload();
    }
  }
}

function openSegments(
  settings: Settings,
  meta: MetaFile,
  layout: Layout,
  tailNextId: RecordId,
): OpenedLog {
  const segments = new SegmentList(layout.live);
  const cache = new SegmentCache(settings.disk, settings.directory, meta.state.uuid);
  return {
    settings,
    meta,
    segments,
    cache,
    reader: new LogReader(segments, cache),
    nextId: Math.max(tailNextId, meta.state.firstId),
  };
}
