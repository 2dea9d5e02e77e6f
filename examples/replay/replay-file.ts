import { type FileHandle, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type FsLog, openFsLog } from '@wal/fslog';
import { type Amount, appendLines } from './append-lines.ts';
import { compareFile, MismatchError } from './compare-file.ts';
import { createProgress, type Progress, type Terminal } from './progress.ts';

/** What the log takes as one record, in bytes; longer lines come in pieces. */
const MAX_RECORD_BYTES = 1024 * 1024;

/** Options of {@link replayFile}. */
export interface ReplayOptions {
  /** Where progress is shown. */
  readonly terminal: Terminal;
  /** Stops the replay. */
  readonly signal: AbortSignal;
  /** Where the folder of the log is made. Default: where the system has temporary files. */
  readonly parent?: string | undefined;
  /** Default: 1 MiB. */
  readonly maxRecordBytes?: number | undefined;
}

/** What went in, and what came out again. */
export interface Replay {
  readonly appended: Pass;
  readonly replayed: Pass;
}

/** One way through the file and the log. */
export interface Pass extends Amount {
  /** From before the log is opened until it is closed. */
  readonly seconds: number;
  readonly segments: number;
}

/** What can be read only once, or has no end, cannot be compared afterwards. */
class NotAFileError extends Error {
  override readonly name = 'NotAFileError';
}

/**
 * Appends every line of a file to a log in a fresh folder, closes it, opens it again, and compares all
 * that it holds with the file. The folder is gone when this settles, whatever happened.
 * @throws MismatchError, NotAFileError, LogError, the system's error, or `signal.reason`
 */
export async function replayFile(path: string, options: ReplayOptions): Promise<Replay> {
  const stats = await stat(path);
  if (!stats.isFile()) throw new NotAFileError(`not a regular file: ${path}`);
  const folder = await mkdtemp(join(options.parent ?? tmpdir(), 'wal-replay-'));
  const { terminal, signal, maxRecordBytes = MAX_RECORD_BYTES } = options;
  const subject = { path, bytes: stats.size, directory: join(folder, 'log'), maxRecordBytes };
  try {
    const append: Work = (log, file, progress) =>
      appendLines(log, file, { maxRecordBytes, progress, signal });
    const compare: Work = (log, file, progress) => compareFile(log, file, { progress, signal });
    const appended = await makePass({ ...subject, terminal, verb: 'append' }, append);
    const replayed = await makePass({ ...subject, terminal, verb: 'replay' }, compare);
    if (replayed.records !== appended.records) {
      throw new MismatchError(`of ${appended.records} records ${replayed.records} came back`);
    }
    return { appended, replayed };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Work = (log: FsLog, file: FileHandle, progress: Progress) => Promise<Amount>;

interface Subject {
  readonly path: string;
  readonly bytes: number;
  readonly directory: string;
  readonly maxRecordBytes: number;
  readonly terminal: Terminal;
  readonly verb: string;
}

async function makePass(subject: Subject, work: Work): Promise<Pass> {
  const startedAt = performance.now();
  const amount = await workOnLog(subject, work);
  return { ...amount, seconds: (performance.now() - startedAt) / 1000 };
}

async function workOnLog(subject: Subject, work: Work): Promise<Omit<Pass, 'seconds'>> {
  const { path, bytes, directory, maxRecordBytes, terminal, verb } = subject;
  await using file = await open(path);
  await using log = await openFsLog(directory, { maxRecordBytes });
  const progress = createProgress(terminal, `${verb} ${basename(path)}`, bytes);
  try {
    const amount = await work(log, file, progress);
    return { ...amount, segments: (await log.listSegments()).length };
  } finally {
    progress.clear();
  }
}
