import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** The calls to its system with which a log may change something. */
export const CHANGING_CALLS = [
  'openat',
  'pwrite64',
  'write',
  'fdatasync',
  'ftruncate',
  'mkdir',
  'link',
  'rename',
  'unlink',
  'utimensat',
] as const;

/** Every call that a log makes of its system, by the thread of Node's pool. */
export const DISK_CALLS = [
  ...CHANGING_CALLS,
  'close',
  'pread64',
  'read',
  'fsync',
  'statx',
  'fstat',
  'newfstatat',
  'getdents64',
] as const;

export type DiskCallName = (typeof DISK_CALLS)[number];

/** One call of a thread that was traced. */
export interface TracedCall {
  readonly name: DiskCallName;
  /** What it was called with and gave, as strace writes it. */
  readonly text: string;
}

/** A strace that is attached to one thread, and ends with it. */
export interface Tracing {
  /** Resolves when it is over. */
  readonly ended: Promise<void>;
}

/** Attaches to a thread; resolves once nothing that it does is missed any more. */
export async function attach(thread: number, logPath: string, filter: string[]): Promise<Tracing> {
  const parameters = ['-y', '-s', '0', '-o', logPath, ...filter, '-p', String(thread)];
  const tracer = spawn('strace', parameters, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => tracer.once('close', () => resolve()));
  let said = '';
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: tracer.stderr }).on('line', (line) => {
      said += line;
      if (line.includes('attached')) resolve();
    });
    tracer.once('error', reject);
    void ended.then(() => reject(new Error(`strace did not attach: ${said}`)));
  });
  return { ended };
}

/** What a log of strace says, without the calls that wake the main thread. */
export function readTrace(logPath: string): TracedCall[] {
  const calls: TracedCall[] = [];
  for (const text of readFileSync(logPath, 'utf8').split('\n')) {
    const name = /^(\w+)\(/.exec(text)?.[1] as DiskCallName;
    if (DISK_CALLS.includes(name)) calls.push({ name, text });
  }
  return calls;
}

/** Why strace cannot attach to a process here; `undefined`: it can. */
export async function whyNoStrace(): Promise<string | undefined> {
  const sleeper = spawn('sleep', ['infinity'], { stdio: 'ignore' });
  try {
    await attach(sleeper.pid as number, '/dev/null', []);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'needs strace' : `needs to trace a process: ${message}`;
  } finally {
    sleeper.kill();
  }
}
