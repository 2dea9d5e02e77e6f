import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs Node with `args`, and returns what it prints; what it printed is the error where it fails. */
export async function node(args, cwd, environment = {}) {
  // A test that is run by a test would report to it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const options = { cwd, env: { ...env, ...environment }, maxBuffer: 100_000_000 };
  try {
    const { stdout } = await run(process.execPath, args, options);
    return stdout;
  } catch (error) {
    throw new Error(`node ${args.join(' ')}\n${error.stdout}${error.stderr}`);
  }
}

export function npm(args, cwd) {
  const { npm_execpath: program } = process.env;
  if (program === undefined) throw new Error('npm is not known: use npm run test:packages');
  return node([program, ...args], cwd);
}
