import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { type DiskLock, LogError } from '@wal/core';
import lockfile from 'proper-lockfile';
import { errorCode } from '../disk/storage-error.ts';
import { currentOwner, type LockOwner } from './lock-owner.ts';
import { listTickets, readTicket, sweepDrafts, type Ticket } from './lock-ticket.ts';
import { OwnTicket } from './own-ticket.ts';
import { ownerState } from './owner-state.ts';

/** A lock whose heartbeat is older than this is up for taking, unless its owner is seen to run. */
const STALE_MS = 10_000;
/** More rounds than this only happen when other openers keep winning. */
const MAX_ROUNDS = 16;

/** The directory of the tickets. */
export const LOCK = 'LOCK';

/**
 * The lock of a log's directory: the highest numbered ticket in LOCK/. A ticket is a file that names its
 * owner and that proper-lockfile keeps fresh; released, it is renamed `<number>.free`. Whoever finds the
 * highest ticket free, its owner dead, or its heartbeat stale, creates the next one, which the system
 * lets only one opener do. So nobody ever removes another's live ticket, of several takers one wins, and
 * nobody waits. It needs no free space. A ticket also says since which number all owners before are proven
 * gone: what they have written nobody will touch any more.
 *
 * The lock keeps honest writers apart. What keeps a stalled one from doing harm is META's epoch.
 */
export async function lockDirectory(directory: string, onLost: () => void): Promise<DiskLock> {
  const lockDirectory = join(directory, LOCK);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    await fs.promises.mkdir(lockDirectory).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    const [highest] = await listTickets(lockDirectory);
    const number = (highest?.number ?? 0) + 1;
    const passed = highest && (await refuseHeld(lockDirectory, highest));
    const goneSince = passed?.goneSince ?? number;
    const series = passed?.series ?? randomBytes(4).toString('hex');
    // Another nonce each time: a draft that stays beside a ticket keeps its name from the next.
    const owner = { ...currentOwner(), goneSince, series };
    const ticket = new OwnTicket(join(lockDirectory, String(number)), owner);
    let release: () => Promise<void>;
    try {
      // Known to proper-lockfile by its nonce too: with a name that another ticket has had in this process, or will
      // have, giving back the one would end the heartbeat of the other.
      release = await lockfile.lock(`${ticket.path} ${owner.nonce}`, {
        lockfilePath: ticket.path,
        realpath: false,
        stale: STALE_MS,
        fs: ticket.fileSystem,
        onCompromised: onLost,
      });
    } catch (error) {
      await ticket.free();
      // Another opener was quicker, or took this one for dead and swept its ticket: look who.
      if (errorCode(error) === 'ELOCKED' || errorCode(error) === 'ENOENT') continue;
      throw error;
    }
    const lock = {
      id: hex(number) + series,
      isGone: (id: string) => {
        const other = Number.parseInt(id.slice(0, 8), 16);
        return id.slice(8) === series && other >= goneSince && other < number;
      },
      release: async () => {
        // A heartbeat that was disturbed has ended the lock for proper-lockfile, but not the ticket.
        await release().catch(() => undefined);
        await ticket.free();
      },
    };
    try {
      if (await isHighest(lockDirectory, number, ticket, owner)) return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
    await lock.release();
  }
  throw locked(directory, undefined);
}

/**
 * Refuses to take a log over from who holds it. Gives what the next ticket inherits, if this one is free or its owner
 * dead; `undefined` if it is only stale, or of a thread that has ended: its process may still carry out what that began.
 * @throws LogError `ERR_LOG_LOCKED` when its owner is seen to run, or is not known to be gone and its heartbeat is fresh
 */
export async function refuseHeld(
  lockDirectory: string,
  ticket: Ticket,
): Promise<Pick<LockOwner, 'goneSince' | 'series'> | undefined> {
  const found = await readTicket(lockDirectory, ticket.name);
  if (found === undefined) return undefined; // Released, or passed on, just now.
  const { owner, modifiedMs } = found;
  if (ticket.isFree) return owner;
  const state = owner === undefined ? 'unknown' : ownerState(owner);
  if (state === 'dead') return owner;
  const isStale = modifiedMs < Date.now() - STALE_MS;
  if (state === 'ended' || (isStale && state !== 'alive')) return undefined;
  throw locked(lockDirectory, owner);
}

/**
 * Whether no ticket reaches `number` but our own. An opener that read the tickets long ago may have
 * created a number that was used and swept since; this is where it learns. Sweeps the lower ones.
 */
async function isHighest(
  lockDirectory: string,
  number: number,
  own: OwnTicket,
  owner: LockOwner,
): Promise<boolean> {
  const others = (await listTickets(lockDirectory)).filter(
    (ticket) => ticket.name !== String(number),
  );
  if (others.some((ticket) => ticket.number >= number)) return false;
  // With `LOCK` removed by hand, and our ticket in it, the list says nothing.
  if (!(await own.isThere())) return false;
  for (const { name } of others) {
    await fs.promises.unlink(join(lockDirectory, name)).catch(() => undefined);
  }
  await sweepDrafts(lockDirectory, owner);
  return true;
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}

function locked(path: string, holder: LockOwner | undefined): LogError {
  return new LogError(
    'ERR_LOG_LOCKED',
    'another process or handle has this log open for writing, ' +
      `host=${holder?.host ?? 'unknown'} pid=${holder?.pid ?? 'unknown'} lock=${path}`,
    { holder: { host: holder?.host, pid: holder?.pid } },
  );
}
