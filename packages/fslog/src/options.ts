import { resolve } from 'node:path';
import {
  checkInteger,
  checkOptionsObject,
  checkRecordId,
  copyBytes,
  type Disk,
  invalidArgument,
  LogError,
  MAX_METADATA_BYTES,
  type RecordId,
} from '@wal/core';
import { nodeDisk } from './disk/node-disk.ts';
import type { MetaState } from './meta/meta.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/**
 * When an append resolves.
 *
 * - `'sync'`: once it is synced to the disk. A crash of the machine loses nothing acknowledged.
 * - `{ intervalMs }`: once it is written; a sync follows within `intervalMs`, 1 to 2^31 − 1. A crash of the process loses
 *   nothing; one of the machine, or a power cut, may lose what was acknowledged since the last sync.
 * - `'none'`: once it is written. Syncs happen only at `sync()`, roll, truncate and close: a crash of the
 *   machine may lose everything acknowledged since then.
 *
 * In each mode what is lost is a suffix of the log, never a gap; `sync()` makes all that was acknowledged
 * durable; truncate and trim are durable when they resolve.
 */
export type Durability = 'sync' | { readonly intervalMs: number } | 'none';

/** Options of `openFsLog`. */
export interface FsLogOptions {
  /** The first id of a new log, 0 to 2^53 − 1. Default 1. Without meaning for a log that exists. */
  readonly firstId?: RecordId | undefined;
  /**
   * Up to 2,048 bytes that say what the log is for: stored at creation, in every segment, and compared at
   * each opening that gives them. Default: none.
   */
  readonly metadata?: Uint8Array | undefined;
  /** Opens beside a live writer, in this or another process; changes and repairs nothing. Default false. */
  readonly readOnly?: boolean | undefined;
  /**
   * A segment is rolled before it grows over this; 4 KiB to 1 GiB, default 64 MiB. A batch larger than that gets a
   * segment of its own.
   */
  readonly segmentBytes?: number | undefined;
  /** The largest record that append takes; 1 byte to 512 MiB, default 1 MiB. What is stored stays readable. */
  readonly maxRecordBytes?: number | undefined;
  /**
   * How much data queued appends hold before further ones wait; also the largest batch. `maxRecordBytes`
   * to 1 GiB; default 64 MiB, or `maxRecordBytes` if that is more. Each record counts 64 bytes more than its data
   * has. An append that waits keeps one copy of its bytes: await appends to bound memory.
   */
  readonly maxQueuedBytes?: number | undefined;
  /**
   * Memory for records that `get` has read, with those around them; 0 to 16 GiB, default 16 MiB. 0 turns it off.
   * Nothing is kept for iterators, and with `readOnly`, where another process may change what an id stands for.
   */
  readonly cacheBytes?: number | undefined;
  /** When an append resolves. Default `'sync'`. */
  readonly durability?: Durability | undefined;
  /**
   * Write zeros ahead of the records, so that a sync need not change the file's length: in steps of 64 KiB to
   * 4 MiB, never beyond `segmentBytes`. Turn it off on copy-on-write file systems (btrfs, ZFS). Default true.
   */
  readonly preallocate?: boolean | undefined;
  /** The disk to use. Default: the real one, `nodeDisk`. */
  readonly disk?: Disk | undefined;
}

/** Options, checked and complete. */
export interface Settings {
  readonly directory: string;
  readonly firstId: RecordId;
  readonly metadata: Uint8Array | undefined;
  readonly readOnly: boolean;
  readonly segmentBytes: number;
  readonly limits: { readonly maxRecordBytes: number; readonly maxBatchBytes: number };
  /** What a batch of several appends holds at most, each record counted as for `maxQueuedBytes`. */
  readonly batchBytes: number;
  readonly cacheBytes: number;
  readonly durability: Durability;
  readonly preallocate: boolean;
  readonly disk: Disk;
}

/** More would make one record of it slow to read, less would make all of it longer. */
const BATCH_BYTES = 32 * KIB;

/** @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkFsLogOptions(directory: unknown, options: FsLogOptions = {}): Settings {
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw invalidArgument('directory', 'a path', directory);
  }
  checkOptionsObject('options', options);
  const { firstId = 1, metadata, readOnly = false, segmentBytes = 64 * MIB } = options;
  const {
    maxRecordBytes = MIB,
    cacheBytes = 16 * MIB,
    durability = 'sync',
    preallocate = true,
    disk = nodeDisk,
  } = options;
  checkDisk(disk);
  checkInteger('maxRecordBytes', maxRecordBytes, 1, 512 * MIB);
  const { maxQueuedBytes = Math.max(64 * MIB, maxRecordBytes) } = options;
  checkInteger('segmentBytes', segmentBytes, 4 * KIB, GIB);
  return {
    directory: absolutePath(directory),
    firstId: checkRecordId('firstId', firstId),
    metadata: metadata === undefined ? undefined : checkMetadata(metadata),
    readOnly: checkBoolean('readOnly', readOnly),
    segmentBytes,
    batchBytes: Math.min(BATCH_BYTES, segmentBytes / 16),
    limits: {
      maxRecordBytes,
      maxBatchBytes: checkInteger('maxQueuedBytes', maxQueuedBytes, maxRecordBytes, GIB),
    },
    cacheBytes: checkInteger('cacheBytes', cacheBytes, 0, 16 * GIB),
    durability: checkDurability(durability),
    preallocate: checkBoolean('preallocate', preallocate),
    disk,
  };
}

/** The path from the root. A relative one begins at the working directory, which somebody may have removed. */
function absolutePath(directory: string): string {
  try {
    return resolve(directory);
  } catch (cause) {
    const message = `directory must be absolute, since there is no working directory: ${directory}`;
    throw new LogError('ERR_LOG_INVALID_ARGUMENT', message, { cause });
  }
}

/** A copy. */
function checkMetadata(metadata: unknown): Uint8Array {
  const copy = copyBytes('metadata', metadata);
  if (copy.length <= MAX_METADATA_BYTES) return copy;
  const rule = `at most ${MAX_METADATA_BYTES} bytes long`;
  throw invalidArgument('metadata', rule, `${copy.length} bytes`);
}

/** A copy: what is given may change later, or be another one each time it is read. */
function checkDurability(durability: unknown): Durability {
  if (durability === 'sync' || durability === 'none') return durability;
  const intervalMs = (durability as { intervalMs?: unknown } | null)?.intervalMs;
  if (typeof durability !== 'object' || intervalMs === undefined) {
    throw invalidArgument('durability', "'sync', 'none' or { intervalMs }", durability);
  }
  return { intervalMs: checkInteger('intervalMs', intervalMs, 1, 2 ** 31 - 1) };
}

const DISK_METHODS = Object.keys({
  open: 0,
  create: 0,
  identify: 0,
  link: 0,
  list: 0,
  makeDirectory: 0,
  rename: 0,
  remove: 0,
  syncDirectory: 0,
  lock: 0,
} satisfies Record<keyof Disk, 0>);

function checkDisk(disk: unknown): void {
  const methods = (disk ?? {}) as Record<string, unknown>;
  const missing = DISK_METHODS.find((name) => typeof methods[name] !== 'function');
  if (missing !== undefined) throw invalidArgument('disk', `a Disk, with ${missing}()`, disk);
}

function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw invalidArgument(name, 'a boolean', value);
  return value;
}

/** @throws LogError `ERR_LOG_METADATA_MISMATCH` when metadata is given and differs from the log's. */
export function refuseOtherMetadata(settings: Settings, meta: MetaState): void {
  const { metadata, directory } = settings;
  if (metadata === undefined || Buffer.compare(metadata, meta.metadata) === 0) return;
  throw new LogError(
    'ERR_LOG_METADATA_MISMATCH',
    `the log was created with other metadata (${meta.metadata.length} bytes, given ` +
      `${metadata.length}), directory=${directory}`,
  );
}
