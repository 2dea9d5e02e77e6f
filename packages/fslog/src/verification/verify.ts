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
import { type VerifyReport, withoutUnconfirmed } from './report.ts';

/** Looks, while each finds what the one before did not: that is a writer's doing, or rots this very moment. */
const MAX_LOOKS = 4;

/** Options of `verifyFsLog`. */
export interface VerifyOptions {
  /** The disk to use. Default: the real one, `nodeDisk`. */
  readonly disk?: Disk | undefined;
  /** Stops it: rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called before each segment is read. A log with problems is read twice; beside a writer, up to four times. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/**
 * Reads all of the log in `directory` and reports everything that is wrong with it, with the place and the ids:
 * behind damage it goes on with the next batch that checks out. Opens nothing for writing, takes no lock,
 * changes nothing; needs a few megabytes however long the log is, and the list of its segments.
 *
 * It may run beside a writer. What it reads then is the log as of some moment of each segment: records
 * appended meanwhile may be missing from the counts, a write under way shows as `torn-tail`, a commit under
 * way as `meta-slot` and a segment begun meanwhile as `garbage-segment`, all only notes. Anything worse is reported
 * only when two looks in a row find the same, however busy the writer is.
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
    let before: VerifyReport | undefined;
    for (let look = 1; ; look++) {
      throwIfAborted(survey.signal);
      const found = await lookOnce(survey);
      if (found !== undefined) {
        const report = withoutUnconfirmed(found, before);
        if (report === found || look >= MAX_LOOKS) return report;
      } else if (look > 1 && before === undefined) throw noLog(survey.directory);
      before = found;
    }
  } catch (error) {
    if (survey.signal?.aborted === true && error === survey.signal.reason) throw error;
    throw explainOpenError(error, survey.directory, 'read');
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
