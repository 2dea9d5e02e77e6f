import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** What the kernel tells of a process, or of a thread. */
export interface TaskStat {
  /** One letter: `R`, `S`, `D`, `T`, `Z`, … */
  readonly state: string;
  /** It is on its end, and makes no more calls to the system. */
  readonly isExiting: boolean;
  /** In clock ticks since boot, by the clock of the reader's time namespace. */
  readonly startTime: string;
}

/** PF_EXITING in the kernel's include/linux/sched.h. */
const EXITING = 0x4;

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

/** The worker thread that calls this; `undefined` when it is the main thread, or /proc does not tell. */
export function currentWorker(): { id: number; startTime: string } | undefined {
  const id = Number(link('thread-self')?.split('/').at(-1));
  const startTime = taskStat('thread-self')?.startTime;
  if (!Number.isInteger(id) || id === process.pid || startTime === undefined) return undefined;
  return { id, startTime };
}

/** Of `<pid>` or `<pid>/task/<thread>`; `undefined` when it is not there, or cannot be read. */
export function taskStat(task: string): TaskStat | undefined {
  const text = read(`${task}/stat`);
  if (text === undefined) return undefined;
  // The name before may hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, flags, startTime] = [fields[0], fields[6], fields[19]];
  if (state === undefined || startTime === undefined) return undefined;
  return { state, isExiting: (Number(flags) & EXITING) !== 0, startTime };
}

/** Takes no descriptor: a process that has used up its own must not take others for gone. */
export function hasTask(task: string): boolean {
  try {
    return statSync(join(task), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true; // It is not to be seen.
  }
}

/** Whether a process has a thread besides its main one, as far as it can be told. */
export function hasThreads(pid: number): boolean {
  try {
    return readdirSync(join(`${pid}/task`)).some((thread) => Number(thread) !== pid);
  } catch {
    return hasTask(`${pid}`);
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
