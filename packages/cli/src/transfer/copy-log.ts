import { type Log, MAX_RECORD_ID, type RecordId } from '@wal/core';
import { parseAddress } from '../address/address.ts';
import { withLog } from '../address/open-log.ts';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { Interrupted } from '../failure/interrupted.ts';
import { startProgress } from '../progress/progress.ts';
import type { Surroundings } from '../surroundings.ts';
import { commonRange, findDifference, type IdRange } from './compare.ts';
import { copyRecords } from './copy-records.ts';
import { largestRecordBytes } from './largest-record.ts';
import { lookAt } from './look-at.ts';
import { refuseGap, refuseOtherLog } from './resume-point.ts';
import { refuseSamePlace } from './same-place.ts';
import type { Transferred } from './transfer.ts';

export interface CopyRequest {
  readonly from: string;
  readonly to: string;
  readonly isVerifying: boolean;
  readonly showsProgress: boolean;
}

/** What a copy came to. */
export interface CopyResult extends Transferred {
  /** The id to go on with in the destination. */
  readonly nextId: RecordId;
  /** What was compared in the end, if that was asked for. */
  readonly compared: IdRange | undefined;
}

/**
 * Copies what a log holds to another one, going on behind what that has. Whatever it ends with, the destination is a beginning of
 * the source.
 * @throws CommandError, LogError; `signal.reason`
 */
export async function copyLog(
  request: CopyRequest,
  surroundings: Surroundings,
): Promise<CopyResult> {
  const destinationAddress = parseAddress(request.to);
  await refuseSamePlace(parseAddress(request.from), destinationAddress);
  return await withLog(request.from, { readOnly: true }, surroundings, async ({ log: source }) => {
    const extent = { firstId: source.firstId ?? source.nextId, name: request.from };
    await lookAt(destinationAddress, surroundings, async (destination) => {
      await refuseOtherLog(source, destination);
      refuseGap(extent, destination);
    });
    const settings = {
      readOnly: false,
      firstId: Math.min(extent.firstId, MAX_RECORD_ID),
      metadata: source.metadata,
      maxRecordBytes: largestRecordBytes(destinationAddress),
    };
    return await withLog(
      destinationAddress,
      settings,
      surroundings,
      async ({ log: destination }) => {
        const end = source.nextId;
        const transferred = await copyRecords(source, destination, end, request, surroundings);
        const compared = request.isVerifying
          ? await compareAll(source, destination, end - 1, request, surroundings)
          : undefined;
        return { ...transferred, nextId: destination.nextId, compared };
      },
    );
  });
}

async function compareAll(
  source: Log,
  destination: Log,
  through: RecordId,
  { from, to, showsProgress }: CopyRequest,
  { stderr, signal }: Surroundings,
): Promise<IdRange> {
  const range = commonRange(source, destination, through);
  const progress = startProgress(stderr, {
    label: 'compare',
    unit: 'records',
    total: Math.max(0, range.through - range.from + 1),
    isWanted: showsProgress,
  });
  const onCompared = (lastId: RecordId): void => progress.show(lastId - range.from + 1);
  try {
    const id = await findDifference(source, destination, range, { signal, onCompared });
    if (id === undefined) return range;
    const message = `record ${id} is not the same in ${from} and ${to}: truncate ${to} before it, then copy again`;
    throw new CommandError(message, EXIT.damaged);
  } catch (error) {
    progress.end();
    if (error instanceof Interrupted) {
      await stderr.line(`wal: ${error.message} (all is copied, and not all compared)`);
    }
    throw error;
  } finally {
    progress.end();
  }
}
