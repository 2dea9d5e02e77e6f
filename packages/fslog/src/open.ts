import { type DiskLock, isLogError } from '@wal/core';
import { type FsLogRecoveryMessage, recoveryChannel } from './diagnostics/channels.ts';
import { errorCode, explainOpenError } from './disk/storage-error.ts';
import type { FsLog } from './fs-log.ts';
import { isSameLog, type MetaState } from './meta/meta.ts';
import { MetaFile, takenOver } from './meta/meta-file.ts';
import { MetaReader } from './meta/meta-reader.ts';
import { META } from './meta/meta-slots.ts';
import {
  checkFsLogOptions,
  type FsLogOptions,
  refuseOtherMetadata,
  type Settings,
} from './options.ts';
import { LogReader } from './read/log-reader.ts';
import { openReadOnly } from './read/read-only-log.ts';
import { carryOver } from './recovery/carry-over.ts';
import { createLog, findLog, makeDirectory, refuseToCreate } from './recovery/creation.ts';
import { findLiveSegments, missing } from './recovery/live-segments.ts';
import { type Inspection, inspect } from './recovery/tail-inspection.ts';
import { type RecoveredTail, TailChanged } from './recovery/tail-recovery.ts';
import type { Segment } from './segment/segment.ts';
import { SegmentCache } from './segment/segment-cache.ts';
import { SegmentList } from './segment/segment-list.ts';
import type { SegmentWriter } from './segment/segment-writer.ts';
import { CleanupQueue } from './write/cleanup.ts';
import { WritableLog } from './write/writable-log.ts';
import type { OpenedLog } from './write/writer.ts';

/**
 * Opens the log in `directory`, for writing unless `readOnly` is set, and creates it if there is none: the
 * directory itself too, but not its parents. When it resolves, the log holds everything that was ever
 * acknowledged, a torn tail is dropped and reported in `recovery`, and no other process can write.
 *
 * Opening changes nothing on the disk but `LOCK/` when it rejects with `ERR_LOG_INVALID_ARGUMENT` (bad options, no
 * such directory, none to create it in, not a directory, too long a path), `ERR_LOG_UNSUPPORTED_FORMAT` (a newer
 * format, or files of something else), `ERR_LOG_METADATA_MISMATCH` or `ERR_LOG_CORRUPT`.
 * @throws LogError these, and `ERR_LOG_LOCKED` (at once, with `holder`), `ERR_LOG_READ_ONLY` (no permission
 * to write, or to read), `ERR_LOG_NO_SPACE`, `ERR_LOG_FAILED` with the system's error as `cause`.
 */
export async function openFsLog(directory: string, options?: FsLogOptions): Promise<FsLog> {
  const settings = checkFsLogOptions(directory, options);
  try {
    return settings.readOnly ? await openReadOnly(settings) : await openForWriting(settings);
  } catch (error) {
    throw explainOpenError(error, settings.directory, settings.readOnly ? 'read' : 'write');
  }
}

/** More openers than this are never overtaken at once in the middle of their recovery. */
const MAX_LOOKS = 10;

async function openForWriting(settings: Settings): Promise<FsLog> {
  const { disk, directory } = settings;
  const startedAt = performance.now();
  const isNew = await makeDirectory(settings);
  const hasLog = !isNew && (await isLog(settings));
  let log: WritableLog | undefined;
  const lock = await disk.lock(directory, () => log?.onLockLost());
  try {
    if (!hasLog) await createLog(settings, isNew, lock);
    const { opened, ...recovery } = await recover(settings, lock);
    log = new WritableLog(opened, lock, recovery);
    if (recoveryChannel.hasSubscribers) {
      const { epoch, nextId } = log;
      const { firstId } = opened.meta.state;
      const durationMs = performance.now() - startedAt;
      const message = { directory, epoch, firstId, nextId, ...recovery, durationMs };
      recoveryChannel.publish(message satisfies FsLogRecoveryMessage);
    }
    return log;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Refuses all that can be refused before the first change, the lock's among them. */
async function isLog(settings: Settings): Promise<boolean> {
  const { disk, directory } = settings;
  const { log, found } = await findLog(disk, directory);
  if (log === undefined) {
    refuseToCreate(directory, found);
    return false;
  }
  await log.close();
  refuseOtherMetadata(settings, log.state);
  return true;
}

interface Recovered {
  readonly opened: OpenedLog;
  readonly wasClean: boolean;
  readonly torn: RecoveredTail['torn'];
}

/**
 * Inspects first and changes nothing, then takes the log over, which fences the writer before, and only
 * then looks at what that one has added since, and repairs what it left.
 */
async function recover(settings: Settings, lock: DiskLock): Promise<Recovered> {
  const { disk, directory } = settings;
  const reader = await MetaReader.open(disk, directory);
  if (reader === undefined) throw missing(META, 0);
  let found: Inspection | undefined;
  let meta: MetaFile | undefined;
  try {
    refuseOtherMetadata(settings, reader.state);
    found = await inspectBefore(settings, reader);
    const before = reader.state;
    // Every segment's creation has made META's name durable; before the first one it may not be yet.
    if (before.tail.sequence === 0) await disk.syncDirectory(directory);
    meta = await MetaFile.takeOver(disk, reader, lock);
    if (isSameLog(before, meta.state)) {
      await found.tail?.inspect(before.clean);
    } else {
      await found.tail?.close();
      found = undefined;
      found = await inspect(settings, meta.state);
    }
    for (let looks = 1; ; looks++) {
      try {
        return await adopt(settings, meta, found);
      } catch (error) {
        if (!(error instanceof TailChanged)) throw error;
        if (looks === MAX_LOOKS) throw error.damage;
        await found.tail?.close();
        found = undefined;
        found = await inspect(settings, meta.state);
      }
    }
  } catch (error) {
    await found?.tail?.close().catch(() => undefined);
    // Another opener may have taken the log over from this one: then what it found missing or changed is no damage.
    const verdict = await meta?.verifyOwner().catch((reason: unknown) => reason);
    await meta?.close().catch(() => undefined);
    throw isLogError(verdict, 'ERR_LOG_FENCED') ? takenOver() : error;
  } finally {
    await reader.close();
  }
}

/** Takes over what was found, and makes it durable. @throws TailChanged */
async function adopt(
  settings: Settings,
  meta: MetaFile,
  { tail, unused }: Inspection,
): Promise<Recovered> {
  const { clean } = meta.state;
  const recovered = await tail?.adopt(clean);
  const carried = recovered && (await carryOver(settings, meta, recovered));
  if (tail !== undefined && recovered !== undefined && !carried && clean === undefined) {
    const { nextId } = recovered;
    await meta.commit({ clean: { byteOffset: await tail.settle(), nextId } });
  }
  await tail?.close();
  return {
    opened: openSegments(settings, meta, recovered, carried, unused),
    wasClean: tail === undefined || clean !== undefined,
    torn: recovered?.torn,
  };
}

/**
 * Inspects a log that another owner, thought to be dead, may still be writing to. What is read meanwhile
 * need not fit together: it is refused once the same does not check out twice.
 */
async function inspectBefore(settings: Settings, reader: MetaReader): Promise<Inspection> {
  let refusal: string | undefined;
  for (;;) {
    try {
      return await inspect(settings, reader.state);
    } catch (error) {
      const mayPass = isLogError(error, 'ERR_LOG_CORRUPT') || errorCode(error) === 'ENOENT';
      if (!mayPass || String(error) === refusal) throw error;
      refusal = String(error);
      await reader.reload();
    }
  }
}

function openSegments(
  settings: Settings,
  meta: MetaFile,
  tail: RecoveredTail | undefined,
  carried: SegmentWriter | undefined,
  unused: readonly string[],
): OpenedLog {
  const { disk, directory } = settings;
  const { state } = meta;
  const cache = new SegmentCache(disk, directory, state.uuid);
  const cleanup = new CleanupQueue(disk, directory, cache);
  cleanup.removeFiles(unused);
  const last = carried?.segment ?? tail?.segment;
  const segments =
    last === undefined
      ? new SegmentList([])
      : new SegmentList([last], () => findOlder(settings, state, cleanup));
  return {
    settings,
    meta,
    segments,
    cache,
    cleanup,
    reader: new LogReader(segments, cache),
    nextId: Math.max(tail?.nextId ?? 0, state.firstId),
    carried: carried && tail && { writer: carried, from: tail.segment },
  };
}

/**
 * The segments before the tail that META named when the log was opened. What else is there of owners before
 * is garbage, and stays garbage even if another owner has taken over since: it is removed.
 */
async function findOlder(
  settings: Settings,
  opened: MetaState,
  cleanup: CleanupQueue,
): Promise<readonly Segment[]> {
  const { live, garbage } = await findLiveSegments(settings, opened);
  cleanup.removeFiles(garbage);
  return live.slice(0, -1);
}
