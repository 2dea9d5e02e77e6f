import type { RecordId } from '@wal/core';
import type { LogSurvey } from '../verification/log-survey.ts';
import type { IdRange, LogProblem, VerifyReport } from '../verification/report.ts';

/** Which records stay where some in the middle are lost. */
export type KeptSide = 'before' | 'after';

/** What becomes of a log with losses. */
export interface LossPlan {
  /** The first id that stays or comes next; raised where what is before a loss goes. */
  readonly firstId: RecordId;
  /** Records from here on go; `undefined` where the end stays as it is. */
  readonly cutAt: RecordId | undefined;
  /** The ids that are gone afterwards. */
  readonly gone: readonly IdRange[];
}

/** Ids have no gaps: of what is before, between and after losses only one side can stay. */
export function planLosses({ report }: LogSurvey, keep: KeptSide): LossPlan | undefined {
  const { lost, firstId, nextId } = report;
  const [first, last] = [lost[0], lost.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  if (keep === 'before') {
    const lastId = last.lastId === undefined ? undefined : Math.max(last.lastId, nextId - 1);
    return { firstId, cutAt: first.firstId, gone: [{ firstId: first.firstId, lastId }] };
  }
  // Where nothing tells how far the log went, nothing is behind the loss.
  if (last.lastId === undefined) {
    const gone = [{ firstId, lastId: undefined }];
    return { firstId: last.firstId, cutAt: last.firstId, gone };
  }
  const from = last.lastId + 1;
  const cutAt = from >= nextId ? from : undefined;
  return { firstId: from, cutAt, gone: [{ firstId, lastId: last.lastId }] };
}

/** Losses of what META alone knew. */
function metaLoss({ problems }: VerifyReport): LogProblem | undefined {
  return problems.find(
    ({ severity, firstAffectedId, kind }) =>
      severity === 'loss' && firstAffectedId === undefined && kind.startsWith('meta-'),
  );
}

/** The first loss that was found and is not among those that were accepted. */
export function unaccepted(
  found: VerifyReport,
  accepted: VerifyReport | undefined,
): LogProblem | undefined {
  const losses = found.problems.filter(({ severity }) => severity === 'loss');
  if (accepted === undefined) return losses[0];
  return losses.find(({ firstAffectedId, lastAffectedId }) => {
    if (firstAffectedId === undefined) return metaLoss(accepted) === undefined;
    const range = accepted.lost.find(
      (each) =>
        each.firstId <= firstAffectedId &&
        (each.lastId === undefined || firstAffectedId <= each.lastId),
    );
    if (range === undefined) return true;
    if (range.lastId === undefined) return false;
    return lastAffectedId === undefined || lastAffectedId > range.lastId;
  });
}
