import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Enough to prove, from another process of the same machine, that the holder of a lock is gone. */
export interface LockOwner {
  readonly host: string;
  /** The kernel's id of this boot: no process outlives it. */
  readonly bootId: string | undefined;
  /** A pid means nothing outside its namespace. */
  readonly pidNamespace: string | undefined;
  readonly pid: number;
  /** In clock ticks since boot: tells a process from a later one with its pid. */
  readonly startTime: string | undefined;
  readonly nonce: string;
  /** Every holder of a ticket from this number up to its own is proven gone. */
  readonly goneSince: number;
  /** Random, inherited from ticket to ticket: tells these numbers from those before `LOCK` was deleted. */
  readonly series: string;
}

/** What can be told of an owner. `stopped`: it runs, but is suspended. */
export type OwnerState = 'dead' | 'alive' | 'stopped' | 'unknown';

/** This process, as the owner of one lock. */
export function currentOwner(): Omit<LockOwner, 'goneSince' | 'series'> {
  return {
    host: hostname(),
    bootId: readProc('/proc/sys/kernel/random/boot_id'),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    startTime: processStat(process.pid)?.startTime,
    nonce: randomBytes(8).toString('hex'),
  };
}

/** Whether `owner` still runs, as far as this process can know. */
export function ownerState(owner: LockOwner): OwnerState {
  if (owner.host !== hostname()) return 'unknown';
  const bootId = readProc('/proc/sys/kernel/random/boot_id');
  // Where one of the two does not see /proc/sys, nothing can be told.
  if (owner.bootId !== bootId) return owner.bootId && bootId ? 'dead' : 'unknown';
  if (owner.pidNamespace !== pidNamespace()) return 'unknown';
  if (!exists(owner.pid)) return 'dead';
  const stat = processStat(owner.pid);
  // It ended just now; or it is hidden (hidepid).
  if (stat === undefined) return exists(owner.pid) ? 'unknown' : 'dead';
  if (stat.startTime !== owner.startTime) return 'dead';
  // A killed process is a zombie while a thread of it is still in a write that cannot be interrupted.
  if (stat.state === 'Z' || stat.state === 'X') return hasThreads(owner.pid) ? 'alive' : 'dead';
  return stat.state === 'T' || stat.state === 't' ? 'stopped' : 'alive';
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

/** The owner in as few characters as a file's name can have, without the separators of paths. */
export function ownerToName(owner: LockOwner): string {
  const { host, bootId, pidNamespace, pid, startTime, nonce, goneSince, series } = owner;
  const values = [host, bootId, pidNamespace, pid, startTime, nonce, goneSince, series];
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The owner in such a name, `undefined` if there is none. */
export function ownerFromName(name: string): LockOwner | undefined {
  try {
    const values = JSON.parse(Buffer.from(name, 'base64url').toString()) as unknown[];
    const [host, bootId, pidNamespace, pid, startTime, nonce, goneSince, series] = values.map(
      (value) => value ?? undefined,
    );
    const owner = { host, bootId, pidNamespace, pid, startTime, nonce, goneSince, series };
    return parseOwner(JSON.stringify(owner));
  } catch {
    return undefined;
  }
}

function hasThreads(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some((thread) => Number(thread) !== pid);
  } catch {
    return false; // It is gone.
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // No /proc here: other systems than Linux.
  }
}

function pidNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

/** Fields 3 and 22 of /proc/PID/stat. The name before them may hold spaces and parentheses. */
function processStat(pid: number): { state: string; startTime: string } | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return state === undefined || startTime === undefined ? undefined : { state, startTime };
}
