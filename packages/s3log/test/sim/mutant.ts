import type { openS3Log } from '@wal/s3log';
import type { Replacement } from '@wal/test-harness';

/** The log with one bug. */
export interface Mutant {
  readonly name: string;
  /** Where it is looked for, if not in the simulation: what it takes is too rare. */
  readonly scenario?: (open: typeof openS3Log) => Promise<string | undefined>;
  readonly replacements: readonly Replacement[];
}

/** A mutant that differs in one passage. */
export function mutant(name: string, file: string, from: string, to: string): Mutant {
  return { name, replacements: [{ file, from, to }] };
}
