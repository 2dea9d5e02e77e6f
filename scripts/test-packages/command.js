import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

const run = promisify(execFile);
const running = new Set();
let isStopped = false;

/** Runs Node with `args`, and returns what it prints; what it printed is the error where it fails. */
export async function node(args, cwd, environment = {}) {
  // A test that is run by a test would report to it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const options = { cwd, env: { ...env, ...environment }, maxBuffer: 100_000_000 };
  const ended = run(process.execPath, args, options);
  running.add(ended.child);
  try {
    const { stdout } = await ended;
    return stdout;
  } catch (error) {
    if (isStopped) await new Promise(() => {}); // Nothing goes on from here.
    throw new Error(`node ${args.join(' ')}\n${error.stdout}${error.stderr}`);
  } finally {
    running.delete(ended.child);
  }
}

/** Ends what runs, and waits until it is gone: it would write to folders that are removed. */
export async function stopCommands() {
  isStopped = true;
  await Promise.all(
    [...running].map(async (child) => {
      const closed = once(child, 'close');
      child.kill();
      await closed;
    }),
  );
}

export function npm(args, cwd) {
  const { npm_execpath: program } = process.env;
  if (program === undefined) throw new Error('npm is not known: use npm run test:packages');
  return node([program, ...args], cwd);
}
