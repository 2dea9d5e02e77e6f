import type { Command } from './command.ts';
import { append } from './commands/append.ts';
import { cat } from './commands/cat.ts';

/** A heading of the help, and what stands under it. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

/** Every command there is, in the order of the help. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { title: 'Write and read:', commands: [append, cat] },
];
