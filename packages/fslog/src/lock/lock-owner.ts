import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { bootId, currentWorker, isOwnProc, namespaceId, taskStat } from './procfs.ts';

/** Enough to prove, from another process of the same machine, that the holder of a lock is gone. */
export interface LockOwner {
  readonly host: string;
  /** The kernel's id of this boot: no process outlives it. */
  readonly bootId: string | undefined;
  /** A pid means nothing outside its namespace. */
  readonly pidNamespace: string | undefined;
  /** A start time means nothing outside its namespace. */
  readonly timeNamespace: string | undefined;
  readonly pid: number;
  /** In clock ticks since boot: tells a process from a later one with its pid. */
  readonly startTime: string | undefined;
  /** The kernel's id of the worker thread that opened the log; none if the main thread did. */
  readonly worker: number | undefined;
  readonly workerStartTime: string | undefined;
  readonly nonce: string;
  /** Every holder of a ticket from this number up to its own is proven gone. */
  readonly goneSince: number;
  /** Random, inherited from ticket to ticket: tells these numbers from those before `LOCK` was deleted. */
  readonly series: string;
}

/** This thread, as the owner of one lock. */
export function currentOwner(): Omit<LockOwner, 'goneSince' | 'series'> {
  const isOwn = isOwnProc();
  const worker = isOwn ? currentWorker() : undefined;
  return {
    host: hostname(),
    bootId: bootId(),
    pidNamespace: namespaceId('pid'),
    timeNamespace: namespaceId('time'),
    pid: process.pid,
    startTime: isOwn ? taskStat('self')?.startTime : undefined,
    worker: worker?.id,
    workerStartTime: worker?.startTime,
    nonce: randomBytes(8).toString('hex'),
  };
}

/** The owner in a lock's file, `undefined` if the text is none. */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockOwner> | null;
    if (typeof value?.host !== 'string' || !Number.isInteger(value.pid)) return undefined;
    if (!Number.isInteger(value.goneSince)) return undefined;
    if (typeof value.series !== 'string') return undefined;
    return typeof value.nonce === 'string' ? (value as LockOwner) : undefined;
  } catch {
    return undefined;
  }
}

/** What a name says of an owner, in this order. */
const IN_NAME = [
  'host',
  'bootId',
  'pidNamespace',
  'timeNamespace',
  'pid',
  'startTime',
  'worker',
  'workerStartTime',
  'nonce',
  'goneSince',
  'series',
] as const satisfies readonly (keyof LockOwner)[];

const NUMBERS: ReadonlySet<string> = new Set(['pid', 'worker', 'goneSince']);

/** The owner in few enough characters for a file's name, none of which separates paths. */
export function ownerToName(owner: LockOwner): string {
  return IN_NAME.map((key) => encodeURIComponent(owner[key] ?? '')).join(',');
}

/** The owner in such a name, `undefined` if there is none. */
export function ownerFromName(name: string): LockOwner | undefined {
  try {
    const values = name.split(',').map((value) => decodeURIComponent(value) || undefined);
    const entries = IN_NAME.map((key, index) => {
      const value = values[index];
      return [key, value !== undefined && NUMBERS.has(key) ? Number(value) : value] as const;
    });
    return parseOwner(JSON.stringify(Object.fromEntries(entries)));
  } catch {
    return undefined; // No such encoding.
  }
}
