import { join } from 'node:path';
import {
  type DiskFile,
  decodeSegmentHeader,
  LogError,
  MAX_SEGMENT_HEADER_BYTES,
  segmentSalt,
} from '@wal/core';
import { readRemainder } from './batch-scan.ts';
import { arrange, type Layout } from './layout.ts';
import type { MetaState } from './meta.ts';
import type { Settings } from './options.ts';
import { TailRecovery } from './recovery.ts';
import { sequenceOf } from './segment-name.ts';
import { errorCode } from './storage-error.ts';
import { readFully } from './transfer.ts';

/** What a log's directory and its tail segment hold. */
export interface Inspection {
  readonly layout: Layout;
  /** The tail, open; `undefined` while the log has no segment. */
  readonly tail: TailRecovery | undefined;
}

/**
 * Reads what opening a log needs to know: the segments' names and the tail segment. Changes nothing.
 * @throws LogError `ERR_LOG_CORRUPT`, `ERR_LOG_UNSUPPORTED_FORMAT`
 */
export async function inspect(
  settings: Settings,
  meta: MetaState,
  segmentNames: readonly string[],
): Promise<Inspection> {
  const { disk, directory } = settings;
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
  throw new LogError('ERR_LOG_CORRUPT', message, { segment: name, byteOffset: 0 });
}

/**
 * A batch in a segment that META does not know of was acknowledged by a META that is not this one.
 * @throws LogError `ERR_LOG_CORRUPT`
 */
export async function refuseUncommittedBatches(
  { disk, directory }: Settings,
  { uncommitted }: Layout,
  meta: MetaState,
): Promise<void> {
  for (const name of uncommitted) {
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
      await file?.close();
    }
  }
}
