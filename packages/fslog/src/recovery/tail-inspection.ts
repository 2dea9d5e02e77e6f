import { join } from 'node:path';
import {
  type DiskFile,
  decodeSegmentHeader,
  LogError,
  MAX_SEGMENT_HEADER_BYTES,
  segmentSalt,
} from '@wal/core';
import { closeQuietly, readFully } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import type { MetaState } from '../meta/meta.ts';
import type { Settings } from '../options.ts';
import { readRemainder } from '../segment/durability-proof.ts';
import { Segment } from '../segment/segment.ts';
import { firstIdOf, segmentName, sequenceOf } from '../segment/segment-name.ts';
import { missing, readDirectory } from './live-segments.ts';
import { TailRecovery } from './tail-recovery.ts';

/** What opening a log needs to know of its segments. */
export interface Inspection {
  /** The tail, open; `undefined` while the log has no segment. */
  readonly tail: TailRecovery | undefined;
  /** Segments that never became part of a log that has none. */
  readonly unused: readonly string[];
}

/**
 * Reads META's tail segment, and nothing else: the names of the others are not even listed. Changes nothing.
 * @throws LogError `ERR_LOG_CORRUPT`, `ERR_LOG_UNSUPPORTED_FORMAT`
 */
export async function inspect(settings: Settings, meta: MetaState): Promise<Inspection> {
  if (meta.tail.sequence === 0) {
    return { tail: undefined, unused: await refuseUnknownSegments(settings, meta) };
  }
  const tail = await TailRecovery.open(settings, tailOf(meta), meta).catch((error: unknown) => {
    throw explainMissingTail(error, meta);
  });
  try {
    await tail.inspect(meta.clean);
    return { tail, unused: [] };
  } catch (error) {
    await tail.close();
    throw error;
  }
}

/** The segment that META says is the tail. */
export function tailOf({ tail }: MetaState): Segment {
  return new Segment(segmentName(tail.sequence, tail.firstId));
}

/** Without its tail a log is corrupt. */
export function explainMissingTail(error: unknown, meta: MetaState): unknown {
  return errorCode(error) === 'ENOENT' ? missing(tailOf(meta).name, meta.tail.firstId) : error;
}

/** A segment of another log means that META was exchanged: then nothing it says may be acted on. */
async function refuseOtherLog(file: DiskFile, name: string, meta: MetaState): Promise<void> {
  const bytes = await readFully(file, 0, MAX_SEGMENT_HEADER_BYTES);
  let uuid: Uint8Array;
  try {
    uuid = decodeSegmentHeader(bytes, name).uuid;
  } catch {
    return; // A creation that was cut off.
  }
  if (Buffer.compare(uuid, meta.uuid) === 0) return;
  const message = `META and a segment are of different logs, segment=${name}`;
  const place = { segment: name, byteOffset: 0, firstAffectedId: firstIdOf(name) };
  throw new LogError('ERR_LOG_CORRUPT', message, place);
}

/**
 * The segments of a log that has none: begun, and never committed. A batch in one of them was acknowledged by
 * a META that is not this one.
 * @throws LogError `ERR_LOG_CORRUPT`
 */
export async function refuseUnknownSegments(
  { disk, directory }: Settings,
  meta: MetaState,
): Promise<readonly string[]> {
  const { segmentNames } = await readDirectory(disk, directory);
  for (const name of segmentNames) {
    const file = await disk.open(join(directory, name), 'read').catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw error; // Removed since the directory was read.
    });
    try {
      if (file === undefined) continue;
      await refuseOtherLog(file, name, meta);
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
      if (file !== undefined) await closeQuietly(file);
    }
  }
  return segmentNames;
}
