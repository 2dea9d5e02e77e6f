import { CommanderError } from 'commander';
import { EXIT } from './failure/exit-code.ts';
import { explain } from './failure/explain.ts';
import { Interrupted } from './failure/interrupted.ts';
import { BrokenPipe } from './output/output.ts';
import { createProgram } from './program.ts';
import type { Surroundings } from './surroundings.ts';

/** Runs the program with its arguments. Returns the exit code; what went wrong is one line on stderr. Never rejects. */
export async function run(
  args: readonly string[],
  version: string,
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr, style } = surroundings;
  let exitCode: number = EXIT.done;
  let text = '';
  const write = (part: string): void => {
    text += part;
  };
  const program = createProgram(
    version,
    { write, style, columns: Math.min(stdout.columns, 120) },
    async (command, values) => {
      exitCode = (await command.run(values, surroundings)) ?? EXIT.done;
    },
  );
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
      if (exitCode === EXIT.usage) await stderr.line(`wal: ${usageLine(error, args)}`);
    } else if (!(error instanceof BrokenPipe || error instanceof Interrupted)) {
      const explained = explain(error);
      exitCode = explained.exitCode;
      await stderr.line(`wal: ${explained.line}`).catch(() => undefined);
    }
  }
  if (text === '') return exitCode;
  try {
    await stdout.write(text);
    await stdout.flush();
  } catch (error) {
    // As of the output of any command: on a full disk it is said.
    if (error instanceof BrokenPipe) return exitCode;
    const explained = explain(error);
    exitCode = explained.exitCode;
    await stderr.line(`wal: ${explained.line}`).catch(() => undefined);
  }
  return exitCode;
}

function usageLine({ code, message }: CommanderError, args: readonly string[]): string {
  const [command = '', topic] = args;
  // Commander has the whole help for it.
  if (command === 'help') return `unknown command '${topic ?? ''}'; see \`wal --help\``;
  const isCommand =
    command !== '' && !command.startsWith('-') && code !== 'commander.unknownCommand';
  const help = `see \`wal${isCommand ? ` ${command}` : ''} --help\``;
  if (code === 'commander.help') return `what to do is not said; ${help}`;
  const text = message.replace(/^error: |\.$/g, '').replaceAll(/\s*\n\s*/g, ' ');
  return `${text}; ${help}`;
}
