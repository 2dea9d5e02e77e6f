import type { Command } from './command.ts';
import { append } from './commands/append.ts';
import { bench } from './commands/bench.ts';
import { cat } from './commands/cat.ts';
import { conformance } from './commands/conformance.ts';
import { copy } from './commands/copy.ts';
import { dump } from './commands/dump.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { repair } from './commands/repair.ts';
import { segments } from './commands/segments.ts';
import { stat } from './commands/stat.ts';
import { tail } from './commands/tail.ts';
import { trim } from './commands/trim.ts';
import { truncate } from './commands/truncate.ts';
import { verify } from './commands/verify.ts';

/** A heading of the help, and what stands under it. */
interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

/** Every command there is, in the order of the help. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { title: 'Write and read:', commands: [append, cat, tail] },
  { title: 'Look into:', commands: [stat, segments, dump] },
  { title: 'Set right:', commands: [verify, repair] },
  { title: 'Remove records:', commands: [trim, truncate] },
  { title: 'Move:', commands: [copy, exportCommand, importCommand] },
  { title: 'Measure and prove:', commands: [bench, conformance] },
];
