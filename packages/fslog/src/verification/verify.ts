import {
  checkOperationOptions,
  type Disk,
  invalidArgument,
  isLogError,
  throwIfAborted,
} from '@wal/core';
import { errorCode, explainOpenError } from '../disk/storage-error.ts';
import { checkFsLogOptions } from '../options.ts';
import { noLog } from '../recovery/creation.ts';
import { type SurveyOptions, surveyLog, type VerifyProgress } from './log-survey.ts';
import type { VerifyReport } from './report.ts';

/** Looks in a row beside a writer that goes on changing the log. */
const MAX_LOOKS = 16;

/** Options of `verifyFsLog`. */
export interface VerifyOptions {
  /** The disk to use. Default: the real one, `nodeDisk`. */
  readonly disk?: Disk | undefined;
  /** Stops it: rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each segment is read. A log with problems is read twice. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/**
 * Reads all of the log in `directory` and reports everything that is wrong with it, with the place and the ids:
 * behind damage it goes on with the next batch that checks out. Opens nothing for writing, takes no lock,
 * changes nothing; needs a few megabytes however long the log is, and the list of its segments.
 *
 * It may run beside a writer. What it reads then is the log as of some moment of each segment: records
 * appended meanwhile may be missing from the counts, a write under way shows as `torn-tail` and a commit under
 * way as `meta-slot`, both only notes. Anything worse is reported only when two looks in a row find the same.
 *
 * Damage never makes it reject.
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT` (bad options, no such directory, no log in it), `ERR_LOG_READ_ONLY`
 * (no permission to read), `ERR_LOG_FAILED` with the system's error as `cause`
 */
export async function verifyFsLog(
  directory: string,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const survey = checkVerifyOptions(directory, options);
  try {
    let before: string | undefined;
    for (let look = 1; ; look++) {
      throwIfAborted(survey.signal);
      const report = await lookOnce(survey);
      const found = gravest(report);
      if (report !== undefined && (found === '' || found === before || look === MAX_LOOKS)) {
        return report;
      }
      if (report === undefined && (before === found || look === MAX_LOOKS)) throw noLog(directory);
      before = found;
    }
  } catch (error) {
    if (survey.signal?.aborted === true && error === survey.signal.reason) throw error;
    throw explainOpenError(error, survey.directory);
  }
}

/** Options, checked and complete. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkVerifyOptions(directory: unknown, options: VerifyOptions): SurveyOptions {
  checkOperationOptions(options);
  const { disk, directory: path } = checkFsLogOptions(directory, { disk: options.disk });
  const { signal, onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidArgument('onProgress', 'a function', onProgress);
  }
  return { disk, directory: path, signal, onProgress };
}

async function lookOnce(options: SurveyOptions): Promise<VerifyReport | undefined> {
  try {
    return (await surveyLog(options))?.report;
  } catch (error) {
    if (isLogError(error) || errorCode(error) !== 'ENOENT') throw error;
    await options.disk.list(options.directory); // If the directory is what is gone, this says so.
    return undefined;
  }
}

/** What is more than a note, to compare; empty if nothing is. */
function gravest(report: VerifyReport | undefined): string {
  if (report === undefined) return 'nothing';
  const grave = report.problems.filter(({ severity }) => severity !== 'note');
  return grave.length === 0 ? '' : JSON.stringify([report.firstId, grave]);
}
