import { access, constants, stat } from 'node:fs/promises';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';

/** Refuses what cannot be read, before anything is done for it. @throws CommandError for a directory, the system's errors */
export async function refuseUnreadable(path: string): Promise<void> {
  await access(path, constants.R_OK);
  if (!(await stat(path)).isDirectory()) return;
  throw new CommandError(`${path}: that is a directory; give a file`, EXIT.failed);
}
