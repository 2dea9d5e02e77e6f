import { type DiskLock, invalidArgument, isLogError, LogError, throwIfAborted } from '@wal/core';
import { errorCode, explainOpenError } from '../disk/storage-error.ts';
import { MetaDirectory } from '../meta/meta-directory.ts';
import { MetaFile, ownerOf } from '../meta/meta-file.ts';
import { MetaReader } from '../meta/meta-reader.ts';
import { META } from '../meta/meta-slots.ts';
import { checkFsLogOptions, type Settings } from '../options.ts';
import { noLog } from '../recovery/creation.ts';
import { missing, readDirectory } from '../recovery/live-segments.ts';
import { type LogSurvey, type SurveyOptions, surveyLog } from '../verification/log-survey.ts';
import type { IdRange, LogProblem, VerifyReport } from '../verification/report.ts';
import { checkVerifyOptions, type VerifyOptions } from '../verification/verify.ts';
import { Copies } from './copies.ts';
import { LogRepair } from './log-repair.ts';
import { type KeptSide, planLosses, unaccepted } from './plan.ts';

/** Options of `repairFsLog`. */
export interface RepairOptions extends VerifyOptions {
  /**
   * The losses that the caller has looked at and puts up with: a report of `verifyFsLog`. Losses that are not
   * in it stay as they are. Default: none.
   */
  readonly accept?: VerifyReport | undefined;
  /**
   * Which records stay where some are lost between others: a log's ids have no gaps. Default `'before'`: what
   * is left then is the log as it once was, while records behind a gap may build on those that are lost.
   */
  readonly keep?: KeptSide | undefined;
}

/** What `repairFsLog` found and did. */
export interface RepairResult {
  /** The log as it was found, once no other writer was left. */
  readonly found: VerifyReport;
  /** The ids that are gone: the lost ones, and those on the side of them that did not stay. */
  readonly gone: readonly IdRange[];
  /** Problems, notes apart, that are still there: losses that were not accepted. */
  readonly remaining: readonly LogProblem[];
  /** The folder with copies of all that was removed or overwritten; `undefined` if nothing was. */
  readonly copies: string | undefined;
}

/**
 * Makes the log in `directory` one that opens and reads again. Takes the writer's lock, and reads the log once
 * or, where something is wrong, twice.
 *
 * What costs no record is set right without more ado: slots of META, headers, footers, batches of no records,
 * damage among trimmed records. Losses are cut out only if `accept`, a report that the caller has from
 * `verifyFsLog`, has them: then either the records before the first loss stay, as after a truncate, or those
 * behind the last one, as after a trim; see `keep`. Where nothing tells how far the log went, there is nothing
 * behind. Where META's state is lost, it is put together from the segments, with the `doubts` that the
 * report lists: records that were trimmed may come back as long as their files exist, and so may what the last
 * truncate removed.
 *
 * What is removed or overwritten is copied first, to a folder beside the log. A repair that was interrupted is
 * begun again; nothing else is lost by it.
 * @throws LogError as `verifyFsLog`, and `ERR_LOG_LOCKED`, `ERR_LOG_UNSUPPORTED_FORMAT` (some of the log is for a newer
 * release: nothing is changed), `ERR_LOG_NO_SPACE`, `ERR_LOG_READ_ONLY`
 */
export async function repairFsLog(
  directory: string,
  options: RepairOptions = {},
): Promise<RepairResult> {
  const survey = checkVerifyOptions(directory, options);
  const { accept, keep = 'before' } = options;
  if (accept !== undefined && !Array.isArray(accept?.lost)) {
    throw invalidArgument('accept', 'a report of verifyFsLog', accept);
  }
  if (keep !== 'before' && keep !== 'after') {
    throw invalidArgument('keep', "'before' or 'after'", keep);
  }
  const settings = checkFsLogOptions(directory, { disk: survey.disk });
  try {
    await refuseNoLog(settings);
    const lock = await settings.disk.lock(settings.directory, () => undefined);
    try {
      return await repairLocked(settings, survey, lock, accept, keep);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (survey.signal?.aborted === true && error === survey.signal.reason) throw error;
    throw explainOpenError(error, settings.directory);
  }
}

/** Before anything is changed, which taking the lock does. */
async function refuseNoLog({ disk, directory }: Settings): Promise<void> {
  const { segmentNames } = await readDirectory(disk, directory);
  const names = await new MetaDirectory(disk, directory).names().catch((error: unknown) => {
    if (!isLogError(error)) throw error;
    return []; // A file in its place.
  });
  if (segmentNames.length === 0 && names.length === 0) throw noLog(directory);
}

async function repairLocked(
  settings: Settings,
  options: SurveyOptions,
  lock: DiskLock,
  accept: VerifyReport | undefined,
  keep: KeptSide,
): Promise<RepairResult> {
  const before = await surveyOwn(options);
  const { report } = before;
  if (before.isRebuilt && unaccepted(report, accept) !== undefined) {
    return { found: report, gone: [], remaining: gravest(report), copies: undefined };
  }
  const copies = new Copies(settings.disk, settings.directory);
  if (before.isRebuilt) await refoundMeta(settings, options, copies, lock);
  const reader = await MetaReader.open(settings.disk, settings.directory);
  if (reader === undefined) throw missing(META, 0);
  let meta: MetaFile | undefined;
  try {
    meta = await MetaFile.takeOver(settings.disk, reader, lock);
    // From here on nobody else writes; until then somebody who was stalled may have.
    const survey = report.isReadable ? before : await surveyOwn(options);
    throwIfAborted(options.signal);
    const isAccepted = unaccepted(survey.report, accept) === undefined;
    const plan = isAccepted ? planLosses(survey, keep) : undefined;
    const repair = new LogRepair(settings, meta, copies, survey, plan);
    await repair.run();
    const { unmended } = repair;
    return {
      found: before.isRebuilt ? report : survey.report,
      gone: plan?.gone ?? [],
      remaining: survey.report.problems.filter(
        (each) => (each.severity === 'loss' && !isAccepted) || unmended.includes(each),
      ),
      copies: copies.folder,
    };
  } finally {
    await reader.close();
    await meta?.close().catch(() => undefined);
  }
}

async function surveyOwn(options: SurveyOptions): Promise<LogSurvey> {
  const survey = await surveyLog(options);
  if (survey === undefined) throw noLog(options.directory);
  const { problems } = survey.report;
  const newer = problems.find(({ severity }) => severity === 'unsupported');
  if (newer === undefined) return survey;
  const { message, segment, byteOffset } = newer;
  throw new LogError('ERR_LOG_UNSUPPORTED_FORMAT', `${message}, segment=${segment}`, {
    segment,
    byteOffset,
  });
}

/** Begins META anew, with the state that the segments tell, under an epoch above all that left a trace. */
async function refoundMeta(
  { disk, directory }: Settings,
  options: SurveyOptions,
  copies: Copies,
  lock: DiskLock,
): Promise<void> {
  const meta = new MetaDirectory(disk, directory);
  await copies.keepMeta();
  const names = await meta.names().catch((error: unknown) => {
    if (!isLogError(error)) throw error;
    return []; // Something else is in its place.
  });
  // Whoever may only be stalled acknowledges nothing more: what the segments tell from here on is final.
  const owners = names.filter(({ epoch }, i) => names[i - 1]?.epoch !== epoch);
  for (const owner of owners) await meta.fence(owner);
  const { state, garbage } = await surveyOwn(options);
  // Opening removes what the state does not count in: which may be wrong.
  for (const { name } of garbage) await copies.keep(name);
  await disk.list(meta.path).catch(async (error: unknown) => {
    if (errorCode(error) === 'ENOTDIR') await disk.remove(meta.path);
  });
  await meta.found({ ...state, epoch: state.epoch + 1, owner: ownerOf(lock) });
}

function gravest({ problems }: VerifyReport): LogProblem[] {
  return problems.filter(({ severity }) => severity !== 'note');
}
