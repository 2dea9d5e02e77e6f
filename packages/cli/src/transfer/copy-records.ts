import { isLogError, type Log, type RecordId } from '@wal/core';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { startProgress } from '../progress/progress.ts';
import type { Surroundings } from '../surroundings.ts';
import { refuseOtherLog, startOf } from './resume-point.ts';
import { runsOf } from './runs.ts';
import { type Transferred, transfer } from './transfer.ts';
import { failTransfer } from './transfer-failure.ts';

export interface CopyNames {
  /** How source and destination are named in messages. */
  readonly from: string;
  readonly to: string;
  readonly showsProgress: boolean;
}

/**
 * Copies the records up to `end`, which is not copied, that a destination has not got.
 * @throws CommandError, LogError, which say what there is of the records nevertheless; `signal.reason`
 */
export async function copyRecords(
  source: Log,
  destination: Log,
  end: RecordId,
  { from, to, showsProgress }: CopyNames,
  { stderr, signal }: Pick<Surroundings, 'stderr' | 'signal'>,
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
    return await failTransfer(sourceChanged(error, source, from, to), done, target, stderr);
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
function sourceChanged(error: unknown, source: Log, from: string, to: string): unknown {
  const firstId = source.firstId ?? source.nextId;
  if (isLogError(error, 'ERR_LOG_TRUNCATED')) {
    const message = `${from} was truncated to record ${error.lastId} while it was copied: do the same with \`wal truncate ${to} ${error.lastId}\`, then copy again`;
    return new CommandError(message, EXIT.failed, error);
  }
  // An iterator that has given nothing yet begins behind a trim: its records do not go on from the destination's then.
  const isBehindTrim =
    isLogError(error, 'ERR_LOG_NON_SEQUENTIAL') && firstId > (error.expectedId ?? firstId);
  if (isLogError(error, 'ERR_LOG_TRIMMED') || isBehindTrim) {
    const message = `${from} begins with record ${firstId} now, since it was trimmed while it was copied: choose another destination`;
    return new CommandError(message, EXIT.failed, error);
  }
  if (isLogError(error, 'ERR_LOG_TOO_LARGE')) {
    const message = `${to} takes no record as large as one of ${from}: ${error.message}`;
    return new CommandError(message, EXIT.failed, error);
  }
  return error;
}
