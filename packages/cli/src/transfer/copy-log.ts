import { isLogError, type Log, MAX_RECORD_ID, type RecordId } from '@wal/core';
import { parseAddress } from '../address/address.ts';
import { withLog } from '../address/open-log.ts';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { Interrupted } from '../failure/interrupted.ts';
import { startProgress } from '../progress/progress.ts';
import type { Surroundings } from '../surroundings.ts';
import { commonRange, findDifference, type IdRange } from './compare.ts';
import { largestRecordBytes } from './largest-record.ts';
import { lookAt } from './look-at.ts';
import { refuseGap, refuseOtherLog, startOf } from './resume-point.ts';
import { runsOf } from './runs.ts';
import { refuseSamePlace } from './same-place.ts';
import { type Transferred, transfer } from './transfer.ts';
import { failTransfer } from './transfer-failure.ts';

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
  const { env } = surroundings;
  const destinationAddress = parseAddress(request.to);
  await refuseSamePlace(parseAddress(request.from), destinationAddress);
  return await withLog(request.from, { readOnly: true }, env, async ({ log: source }) => {
    const extent = { firstId: source.firstId ?? source.nextId, name: request.from };
    await lookAt(destinationAddress, env, async (destination) => {
      await refuseOtherLog(source, destination);
      refuseGap(extent, destination);
    });
    const settings = {
      readOnly: false,
      firstId: Math.min(extent.firstId, MAX_RECORD_ID),
      metadata: source.metadata,
      maxRecordBytes: largestRecordBytes(destinationAddress),
    };
    return await withLog(destinationAddress, settings, env, async ({ log: destination }) => {
      const end = source.nextId;
      const transferred = await copyRecords(source, destination, end, request, surroundings);
      const compared = request.isVerifying
        ? await compareAll(source, destination, end - 1, request, surroundings)
        : undefined;
      return { ...transferred, nextId: destination.nextId, compared };
    });
  });
}

async function copyRecords(
  source: Log,
  destination: Log,
  end: RecordId,
  { from, to, showsProgress }: CopyRequest,
  { stderr, signal }: Surroundings,
): Promise<Transferred> {
  await refuseOtherLog(source, destination);
  const extent = { firstId: source.firstId ?? source.nextId, name: from };
  const start = await startOf(extent, destination);
  const target = { name: to, start };
  const progress = startProgress(stderr, {
    label: 'copy',
    unit: 'records',
    total: end - start,
    isWanted: showsProgress,
  });
  let done: Transferred | undefined;
  const runs = start < end ? runsOf(source, { start, end: end - 1 }) : nothing();
  const onDurable = (now: Transferred): void => {
    done = now;
    progress.show(now.records);
  };
  try {
    done = await transfer(runs, destination, { signal, onDurable });
  } catch (error) {
    progress.end();
    return await failTransfer(sourceChanged(error, from, to), done, target, stderr);
  } finally {
    progress.end();
  }
  if (done.isInterrupted) return await failTransfer(signal.reason, done, target, stderr);
  if (destination.nextId < end) {
    const message = `${from} was truncated while it was copied; run the command again`;
    throw new CommandError(message, EXIT.failed);
  }
  return done;
}

async function* nothing(): AsyncGenerator<never> {}

/** What to do where the source changed under the copy. */
function sourceChanged(error: unknown, from: string, to: string): unknown {
  if (isLogError(error, 'ERR_LOG_TRUNCATED')) {
    const message = `${from} was truncated to record ${error.lastId} while it was copied: do the same with \`wal truncate ${to} ${error.lastId}\`, then copy again`;
    return new CommandError(message, EXIT.failed, error);
  }
  if (isLogError(error, 'ERR_LOG_TRIMMED')) {
    const message = `${from} was trimmed to record ${error.firstId} before it was copied: choose another destination`;
    return new CommandError(message, EXIT.failed, error);
  }
  if (isLogError(error, 'ERR_LOG_TOO_LARGE')) {
    const message = `${to} takes no record as large as one of ${from}: ${error.message}`;
    return new CommandError(message, EXIT.failed, error);
  }
  return error;
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
