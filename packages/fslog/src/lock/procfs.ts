import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** What the kernel tells of a process. */
export interface ProcessStat {
  /** One letter: `R`, `S`, `D`, `T`, `Z`, … */
  readonly state: string;
  /** In clock ticks since boot, by the clock of the reader's time namespace. */
  readonly startTime: string;
}

/** The kernel's id of this boot; `undefined` where there is no such /proc. */
export function bootId(): string | undefined {
  return read('sys/kernel/random/boot_id');
}

/** The namespace of this process; `undefined` where /proc does not tell. */
export function namespaceId(kind: 'pid' | 'time'): string | undefined {
  return link(`self/ns/${kind}`);
}

/**
 * Whether /proc numbers processes as this one does. In a pid namespace that was left its parent's /proc, every number
 * is another process's.
 */
export function isOwnProc(): boolean {
  if (link('self') !== String(process.pid)) return false;
  // By chance it may have one number in both; the kernel lists one for each.
  const status = read('self/status');
  return status !== undefined && !/^NSpid:\s*\d+\s+\d/m.test(status);
}

/** `undefined` when the process is not there, or cannot be read. */
export function processStat(pid: number | 'self'): ProcessStat | undefined {
  const text = read(`${pid}/stat`);
  if (text === undefined) return undefined;
  // The name before may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  if (state === undefined || startTime === undefined) return undefined;
  return { state, startTime };
}

/** Whether a process has a thread besides its main one, as far as it can be told. */
export function hasThreads(pid: number): boolean {
  try {
    return readdirSync(join(`${pid}/task`)).some((thread) => Number(thread) !== pid);
  } catch {
    // Without a free descriptor nothing can be listed.
    return statSync(join(`${pid}`), { throwIfNoEntry: false }) !== undefined;
  }
}

const join = (path: string): string => `/proc/${path}`;

function read(path: string): string | undefined {
  try {
    return readFileSync(join(path), 'utf8').trim();
  } catch {
    return undefined;
  }
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(join(path));
  } catch {
    return undefined;
  }
}
