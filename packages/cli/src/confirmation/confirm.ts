import { createInterface } from 'node:readline';
import { abortable } from '@wal/core';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { UsageError } from '../failure/usage-error.ts';
import { flag, type OptionSpec } from '../option.ts';
import type { Surroundings } from '../surroundings.ts';

/** Of every command that asks. */
export const YES_FLAG: OptionSpec<boolean> = flag('-y, --yes', 'do not ask');

/**
 * Asks before something is destroyed: resolves if it may be.
 * @throws CommandError when the answer is not yes, UsageError where there is nobody to ask
 */
export async function confirm(
  consequence: string,
  { stdin, stderr, signal }: Surroundings,
): Promise<void> {
  if (stdin.isTTY !== true) {
    throw new UsageError(`${consequence}: nothing was done; say --yes if that is to be`);
  }
  await stderr.write(`${consequence}. Go on? [y/N] `);
  const answer = await readLine(stdin, signal);
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CommandError('nothing was done', EXIT.usage);
}

/** What is typed; nothing if the input ends. The terminal itself lets it be edited, and makes signals of its keys. */
async function readLine(stdin: Surroundings['stdin'], signal: AbortSignal): Promise<string> {
  const lines = createInterface({ input: stdin, terminal: false });
  try {
    return await abortable(
      new Promise<string>((resolve) => {
        lines.once('line', resolve);
        lines.once('close', () => resolve(''));
      }),
      signal,
    );
  } finally {
    lines.close();
  }
}
