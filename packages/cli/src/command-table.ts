import type { Command } from './command.ts';
import { append } from './commands/append.ts';
import { cat } from './commands/cat.ts';
import { copy } from './commands/copy.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';

/** A heading of the help, and what stands under it. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

/** Every command there is, in the order of the help. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { title: 'Write and read:', commands: [append, cat] },
  { title: 'Move and measure:', commands: [copy, exportCommand, importCommand] },
];
