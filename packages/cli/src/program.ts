import { Argument, Command as Commander, Option } from 'commander';
import type { Command, Example, Values } from './command.ts';
import { COMMAND_GROUPS } from './command-table.ts';
import { EXIT_CODES } from './failure/exit-code.ts';
import type { OptionSpec } from './option.ts';
import type { Style } from './output/style.ts';

/** What the help is written with: its own streams would be written to at any speed, and past NO_COLOR's end. */
export interface ProgramOutput {
  readonly write: (text: string) => void;
  readonly style: Style;
  readonly columns: number;
}

const ABOUT = `Append to, read, inspect, verify and repair write-ahead logs.

An address is one of
  orders, file:orders  a directory; a path with a colon needs ./ before it
  s3://bucket/prefix   a place in a bucket; region, endpoint and credentials
                       come from where the AWS tools take them
  mem:                 in memory, for trying: gone when the command ends`;

const EXAMPLES: readonly Example[] = [
  { line: 'printf "created\\npaid\\n" | wal append orders', does: 'two records; prints 1 and 2' },
  { line: 'wal cat orders', does: 'prints them' },
  { line: 'wal cat --help', does: 'what a command takes' },
];

/** The program, which calls `run` with the command that was asked for. It throws CommanderError instead of exiting. */
export function createProgram(
  version: string,
  output: ProgramOutput,
  run: (command: Command, values: Values) => Promise<void>,
): Commander {
  const program = withSettings(new Commander('wal'), output)
    .description(ABOUT)
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print help')
    .addHelpText('after', () => exampleText(EXAMPLES, output.style) + exitCodeText(output.style));
  for (const { title, commands } of COMMAND_GROUPS) {
    for (const command of commands) {
      program.addCommand(commanderOf(command, output, run).helpGroup(title));
    }
  }
  return program;
}

function commanderOf(
  command: Command,
  output: ProgramOutput,
  run: (command: Command, values: Values) => Promise<void>,
): Commander {
  const { name, summary, details, parameters, options, examples } = command;
  const commander = withSettings(new Commander(name), output)
    .summary(summary)
    .description(details === undefined ? sentence(summary) : `${sentence(summary)}\n\n${details}`)
    .addHelpText('after', () => exampleText(examples, output.style));
  for (const [parameter, { description, isOptional, isVariadic }] of Object.entries(parameters)) {
    const dots = isVariadic ? `${parameter}...` : parameter;
    commander.addArgument(new Argument(isOptional ? `[${dots}]` : `<${dots}>`, description));
  }
  // Each option by the name that the command has for it: Commander would name it for its flag.
  const added = Object.entries(options).map(([key, spec]) => {
    const option = optionOf(spec);
    commander.addOption(option);
    return { key, spec, name: option.attributeName() };
  });
  return commander.action(async () => {
    const given = commander.opts();
    const values = Object.keys(parameters).map((key, i) => [key, commander.processedArgs[i]]);
    await run(command, {
      parameters: Object.fromEntries(values),
      options: Object.fromEntries(
        added.map(({ key, spec, name }) => [key, given[name] ?? spec.initial]),
      ),
    });
  });
}

function optionOf({ flags, description, initial, choices, parse }: OptionSpec<unknown>): Option {
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices(choices);
  if (parse !== undefined) option.argParser((text) => parse(text));
  if (initial !== undefined && initial !== false) option.default(initial);
  return option;
}

function withSettings(commander: Commander, { write, style, columns }: ProgramOutput): Commander {
  return commander
    .exitOverride()
    .helpOption('-h, --help', 'print this help')
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined, // Its messages come as errors, too.
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
      getOutHasColors: () => true, // What is written has the colours that `style` gives it.
    })
    .configureHelp({ styleTitle: (title) => style.bold(title) });
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function exampleText(examples: readonly Example[], style: Style): string {
  const lines = examples.map(({ line, does }) => `  ${line}\n      ${style.dim(does)}`);
  return `\n${style.bold('Examples:')}\n${lines.join('\n')}`;
}

function exitCodeText(style: Style): string {
  const width = Math.max(...EXIT_CODES.map(([code]) => code.length));
  const lines = EXIT_CODES.map(([code, meaning]) => `  ${code.padEnd(width)}  ${meaning}`);
  return `\n\n${style.bold('Exit codes:')}\n${lines.join('\n')}`;
}
