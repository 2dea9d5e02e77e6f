import { resolve } from 'node:path';
import { explainError } from './explain-error.ts';
import type { Terminal } from './progress.ts';
import { replayFile } from './replay-file.ts';
import { reportMemory, reportReplay } from './report.ts';

/** What the program has of the process it runs in. */
export interface Surroundings {
  /** Where results and progress go. */
  readonly stdout: Terminal;
  /** Where the error goes. */
  readonly stderr: Terminal;
  /** What relative paths are relative to. */
  readonly workingDirectory: string;
  /** Stops the program. */
  readonly signal: AbortSignal;
  /** Where logs are made. Default: where the system has temporary files. */
  readonly parent?: string | undefined;
}

/** Replays one file after the other, up to the first that fails. Returns the exit code; never rejects. */
export async function run(paths: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, workingDirectory, signal, parent } = surroundings;
  try {
    for (const path of paths) {
      const replay = await replayFile(resolve(workingDirectory, path), {
        terminal: stdout,
        signal,
        parent,
      });
      stdout.write(`${reportReplay(path, replay)}\n`);
    }
    stdout.write(`${reportMemory()}\n`);
    return 0;
  } catch (error) {
    stderr.write(`error: ${explainError(error)}\n`);
    return 1;
  }
}
