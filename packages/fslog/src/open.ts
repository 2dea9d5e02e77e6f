import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { LogError, type RecordId, segmentSalt } from '@wal/core';
import { readRemainder } from './batch-scan.ts';
import type { FsLog } from './fs-log.ts';
import { arrange, type Directory, type Layout, readDirectory } from './layout.ts';
import { LogReader } from './log-reader.ts';
import type { MetaState } from './meta.ts';
import { createMeta, MetaFile } from './meta-file.ts';
import {
  checkFsLogOptions,
  type FsLogOptions,
  refuseOtherMetadata,
  type Settings,
} from './options.ts';
import { openReadOnly } from './read-only-log.ts';
import { type RecoveredTail, TailRecovery } from './recovery.ts';
import { SegmentCache } from './segment-cache.ts';
import { SegmentList } from './segment-list.ts';
import { sequenceOf } from './segment-name.ts';
import { explainOpenError } from './storage-error.ts';
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
  if (!isNew) await refuseForeign(settings);
  let log: WritableLog | undefined;
  const lock = await disk.lock(directory, () => log?.onLockLost());
  try {
    const found = await readDirectory(disk, directory);
    if (!found.hasMeta) await create(settings, found);
    const { opened, ...recovery } = await recover(settings);
    log = new WritableLog(opened, lock, recovery);
    return log;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function makeDirectory({ disk, directory }: Settings): Promise<boolean> {
  try {
    await disk.makeDirectory(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await disk.syncDirectory(dirname(directory));
  return true;
}

/** Everything that can be refused before the first change, the lock's among them. */
async function refuseForeign(settings: Settings): Promise<void> {
  const { disk, directory } = settings;
  const found = await readDirectory(disk, directory);
  if (!found.hasMeta) {
    refuseToCreate(directory, found);
    return;
  }
  const meta = await MetaFile.open(disk, directory, 'read');
  await meta.close();
  refuseOtherMetadata(settings, meta.state);
}

function refuseToCreate(directory: string, found: Directory): void {
  const [segment] = found.segmentNames;
  if (segment !== undefined) {
    throw new LogError(
      'ERR_LOG_CORRUPT',
      `there are segments, but no META, directory=${directory} segment=${segment}`,
      { segment: 'META', byteOffset: 0 },
    );
  }
  const [foreign] = found.foreignNames;
  if (foreign !== undefined) {
    throw new LogError(
      'ERR_LOG_UNSUPPORTED_FORMAT',
      `the directory is neither empty nor a log, directory=${directory} file=${foreign}`,
    );
  }
}

async function create(settings: Settings, found: Directory): Promise<void> {
  refuseToCreate(settings.directory, found);
  await createMeta(settings.disk, settings.directory, {
    uuid: new Uint8Array(randomBytes(16)),
    epoch: 0,
    owner: new Uint8Array(8),
    firstId: settings.firstId,
    tail: { sequence: 0, firstId: settings.firstId },
    clean: undefined,
    metadata: settings.metadata ?? new Uint8Array(0),
  });
}

interface Recovered {
  readonly opened: OpenedLog;
  readonly wasClean: boolean;
  readonly torn: RecoveredTail['torn'];
  readonly removed: readonly string[];
}

/**
 * Inspects first and changes nothing, then takes the log over, which fences the writer before, and only
 * then looks at what that one left, and repairs it.
 */
async function recover(settings: Settings): Promise<Recovered> {
  const { disk, directory } = settings;
  const meta = await MetaFile.open(disk, directory, 'write');
  let found: Inspected | undefined;
  try {
    refuseOtherMetadata(settings, meta.state);
    found = await inspect(settings, meta.state);
    await found.tail?.close();
    await meta.takeOver();
    found = await inspect(settings, meta.state);
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

interface Inspected {
  readonly layout: Layout;
  readonly tail: TailRecovery | undefined;
}

/** Reads the directory and the tail segment; changes nothing. */
async function inspect(settings: Settings, meta: MetaState): Promise<Inspected> {
  const { disk, directory } = settings;
  const { segmentNames } = await readDirectory(disk, directory);
  const layout = await arrange(disk, directory, segmentNames, meta);
  await refuseUncommittedBatches(settings, layout, meta);
  const segment = layout.live.at(-1);
  if (segment === undefined) return { layout, tail: undefined };
  const tail = await TailRecovery.open(disk, directory, segment, meta);
  try {
    await tail.inspect(meta.clean);
    return { layout, tail };
  } catch (error) {
    await tail.close();
    throw error;
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

/** A batch in a segment that META does not know of was acknowledged by a META that is not this one. */
async function refuseUncommittedBatches(
  { disk, directory }: Settings,
  { uncommitted }: Layout,
  meta: MetaState,
): Promise<void> {
  for (const name of uncommitted) {
    const file = await disk.open(join(directory, name), 'read');
    try {
      const salt = segmentSalt(meta.uuid, sequenceOf(name));
      const { proof } = await readRemainder({ file, name, salt, epoch: meta.epoch }, 0);
      if (proof === undefined) continue;
      throw new LogError(
        'ERR_LOG_CORRUPT',
        `META is older than a segment that holds records, segment=${name} ` +
          `firstAffectedId=${proof.firstId}`,
        { segment: name, byteOffset: proof.byteOffset, firstAffectedId: proof.firstId },
      );
    } finally {
      await file.close();
    }
  }
}
