import type { Readable } from 'node:stream';
import type { Output } from './output/output.ts';
import type { Style } from './output/style.ts';

/** A stream to read from that may be a terminal. */
export type Input = Readable & { readonly isTTY?: boolean | undefined };

/** What a command has of the process that it runs in. */
export interface Surroundings {
  readonly stdin: Input;
  /** Results, and nothing else. */
  readonly stdout: Output;
  /** Questions, progress, warnings. */
  readonly stderr: Output;
  /** Colours for stdout, or none where nobody would see them. */
  readonly style: Style;
  readonly env: NodeJS.ProcessEnv;
  /**
   * Aborted by the first SIGINT, SIGTERM or SIGHUP, and when nobody reads stdout any more. A command then begins nothing new, lets
   * what is under way finish, closes its logs and returns or throws: the exit code is the signal's, whatever it does.
   */
  readonly signal: AbortSignal;
}
