import type { RecordId } from '@wal/core';
import { CommandError } from '../failure/command-error.ts';
import { explain } from '../failure/explain.ts';
import { Interrupted } from '../failure/interrupted.ts';
import { describeIds } from '../output/extent.ts';
import { BrokenPipe, type Output } from '../output/output.ts';
import type { Transferred } from './transfer.ts';

/** Where records were to go. */
export interface TransferTarget {
  readonly name: string;
  /** The first id that was to be added. */
  readonly start: RecordId;
}

/** Throws the failure once more, having said what there is of the records nevertheless. */
export async function failTransfer(
  error: unknown,
  done: Transferred | undefined,
  { name, start }: TransferTarget,
  stderr: Output,
): Promise<never> {
  if (error instanceof BrokenPipe) throw error;
  const what =
    done?.lastId === undefined
      ? `nothing was added to ${name}`
      : `${describeIds(start, done.lastId)} added to ${name}`;
  if (error instanceof Interrupted) {
    await stderr.line(`wal: ${error.message} (${what}); the same command goes on from there`);
    throw error;
  }
  const { line, exitCode } = explain(error);
  throw new CommandError(`${line} (${what})`, exitCode as CommandError['exitCode'], error);
}
