import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const running = new Set<ChildProcess>();

/** Ends the processes of all jobs; their promises reject once they are gone. */
export function stopJobs(): void {
  for (const child of running) child.kill('SIGKILL');
}

/**
 * Runs a module in a process of its own, hands it `input` and resolves to what it sends back. What it
 * prints comes through.
 */
export function runJob<Output>(
  module: URL,
  input: unknown,
  nodeOptions: readonly string[] = [],
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(module), {
      execArgv: [...process.execArgv, ...nodeOptions],
      serialization: 'advanced',
    });
    running.add(child);
    let output: { readonly value: Output } | undefined;
    child.on('message', (value) => {
      output = { value: value as Output };
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      running.delete(child);
      if (code === 0 && output !== undefined) resolve(output.value);
      else reject(new Error(`a measurement ended early (${signal ?? `exit code ${code}`})`));
    });
    child.send(input as object);
  });
}

/** The other side: takes the input, and sends what `run` makes of it. It ends with the one that started it. */
export function serveJob<Input>(run: (input: Input) => Promise<unknown>): void {
  const orphaned = (): void => process.exit(1);
  process.once('disconnect', orphaned);
  // The terminal sends it to all: whoever started this one ends it, and tidies up.
  process.on('SIGINT', () => undefined);
  process.once('message', async (input) => {
    const output = await run(input as Input);
    process.removeListener('disconnect', orphaned);
    process.send?.(output, () => process.disconnect());
  });
}
