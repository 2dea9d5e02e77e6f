import { hostname } from 'node:os';
import type { LockOwner } from './lock-owner.ts';
import { bootId, hasTask, hasThreads, isOwnProc, namespaceId, taskStat } from './procfs.ts';

/**
 * What can be told of an owner. `stopped`: it runs, but is suspended. `ended`: its worker thread is gone, while calls
 * that it made may still be under way in its process.
 */
export type OwnerState = 'dead' | 'ended' | 'alive' | 'stopped' | 'unknown';

/** Whether `owner` still runs, as far as this process can know. */
export function ownerState(owner: LockOwner): OwnerState {
  const boot = bootId();
  if (owner.bootId !== boot) {
    // Where one of the two does not see /proc/sys, nothing can be told.
    const isKnown = owner.bootId !== undefined && boot !== undefined;
    return isKnown && owner.host === hostname() ? 'dead' : 'unknown';
  }
  const namespace = namespaceId('pid');
  if (owner.pidNamespace !== namespace) return 'unknown';
  // Of one boot all is one host, whatever it is called in a container, or was called before. Without a name, two
  // namespaces are alike and need not be the same.
  const isSame =
    process.platform === 'linux'
      ? boot !== undefined && namespace !== undefined
      : owner.host === hostname();
  if (!isSame) return 'unknown';
  return exists(owner.pid) ? stateOfProcess(owner) : 'dead';
}

/** Of an owner whose pid is in use. */
function stateOfProcess(owner: LockOwner): OwnerState {
  if (owner.startTime === undefined || !isOwnProc()) return 'unknown';
  // The start times of two time namespaces cannot be compared.
  if (owner.timeNamespace !== namespaceId('time')) return 'unknown';
  const stat = taskStat(`${owner.pid}`);
  // It ended just now; or it is hidden (hidepid).
  if (stat === undefined) return exists(owner.pid) ? 'unknown' : 'dead';
  if (stat.startTime !== owner.startTime) return 'dead';
  // A killed process is a zombie while a thread of it is still in a write that cannot be interrupted.
  if (stat.state === 'Z' || stat.state === 'X') return hasThreads(owner.pid) ? 'alive' : 'dead';
  if (hasWorkerEnded(owner)) return 'ended';
  return stat.state === 'T' || stat.state === 't' ? 'stopped' : 'alive';
}

function hasWorkerEnded({ pid, worker, workerStartTime }: LockOwner): boolean {
  if (worker === undefined) return false;
  const task = `${pid}/task/${worker}`;
  const stat = taskStat(task);
  if (stat === undefined) return !hasTask(task);
  return stat.isExiting || stat.startTime !== workerStartTime;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
