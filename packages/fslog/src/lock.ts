import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { type DiskLock, LogError } from '@wal/core';
import lockfile from 'proper-lockfile';
import { currentOwner, type LockOwner, ownerState, parseOwner } from './lock-owner.ts';
import { errorCode } from './storage-error.ts';

/** A lock whose heartbeat is older than this is up for taking, unless its owner is seen to run. */
const STALE_MS = 10_000;
/** More rounds than this only happen when other openers keep winning. */
const MAX_ROUNDS = 16;

const LOCK = 'LOCK';
const TICKET = /^(\d+)(\.free)?$/;

interface Ticket {
  readonly number: number;
  readonly isFree: boolean;
  readonly name: string;
}

/**
 * The lock of a log's directory: the highest numbered ticket in LOCK/. A ticket is a file that names its
 * owner and that proper-lockfile keeps fresh; released, it is renamed `<number>.free`. Whoever finds the
 * highest ticket free, its owner dead, or its heartbeat stale, creates the next one, which the system
 * lets only one opener do. So nobody ever removes another's live ticket, of several takers one wins, and
 * nobody waits. It needs no free space: a ticket may be empty, then only its age can end it.
 *
 * The lock keeps honest writers apart. What keeps a stalled one from doing harm is META's epoch.
 */
export async function lockDirectory(directory: string, onLost: () => void): Promise<DiskLock> {
  const lockDirectory = join(directory, LOCK);
  await fs.promises.mkdir(lockDirectory).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
  const owner = currentOwner();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const highest = await highestTicket(lockDirectory);
    if (highest !== undefined && !highest.isFree) await refuseIfHeld(lockDirectory, highest);
    const number = (highest?.number ?? 0) + 1;
    const path = join(lockDirectory, String(number));
    let release: () => Promise<void>;
    try {
      // Known to proper-lockfile by its ticket: under the directory's name, giving back a ticket that came
      // too late would end the heartbeat of the one that holds.
      release = await lockfile.lock(path, {
        lockfilePath: path,
        realpath: false,
        stale: STALE_MS,
        fs: ticketFileSystem(owner),
        onCompromised: onLost,
      });
    } catch (error) {
      if (errorCode(error) === 'ELOCKED') continue; // Another opener was quicker: look who.
      throw error;
    }
    const lock = {
      // A heartbeat that was disturbed has ended the lock for proper-lockfile, but not the ticket.
      release: () =>
        release()
          .catch(() => fs.promises.rename(path, `${path}.free`))
          .catch(() => undefined), // It was taken from us, and swept.
    };
    try {
      if (await isHighest(lockDirectory, number)) return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
    await lock.release();
  }
  throw locked(directory, undefined);
}

async function tickets(lockDirectory: string): Promise<Ticket[]> {
  const found: Ticket[] = [];
  for (const name of await fs.promises.readdir(lockDirectory)) {
    const match = TICKET.exec(name);
    if (match !== null)
      found.push({ name, number: Number(match[1]), isFree: match[2] !== undefined });
  }
  return found.sort((a, b) => b.number - a.number || Number(a.isFree) - Number(b.isFree));
}

async function highestTicket(lockDirectory: string): Promise<Ticket | undefined> {
  return (await tickets(lockDirectory))[0];
}

/** Throws `ERR_LOG_LOCKED` unless the ticket's owner is dead, or stale and not seen to run. */
async function refuseIfHeld(lockDirectory: string, ticket: Ticket): Promise<void> {
  const path = join(lockDirectory, ticket.name);
  let owner: LockOwner | undefined;
  let modifiedMs: number;
  try {
    owner = parseOwner(await fs.promises.readFile(path, 'utf8'));
    modifiedMs = (await fs.promises.stat(path)).mtimeMs;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return; // Released, or passed on, just now.
    throw error;
  }
  const state = owner === undefined ? 'unknown' : ownerState(owner);
  const isStale = modifiedMs < Date.now() - STALE_MS;
  if (state === 'dead' || (isStale && state !== 'alive')) return;
  throw locked(lockDirectory, owner);
}

/**
 * Whether no ticket reaches `number` but our own. An opener that read the tickets long ago may have
 * created a number that was used and swept since; this is where it learns. Sweeps the lower ones.
 */
async function isHighest(lockDirectory: string, number: number): Promise<boolean> {
  const others = (await tickets(lockDirectory)).filter((ticket) => ticket.name !== String(number));
  if (others.some((ticket) => ticket.number >= number)) return false;
  for (const { name } of others) {
    await fs.promises.unlink(join(lockDirectory, name)).catch(() => undefined);
  }
  await sweepDrafts(lockDirectory);
  return true;
}

/** Removes what openers that were killed have left. One that is not dead creates its ticket without. */
async function sweepDrafts(lockDirectory: string): Promise<void> {
  for (const name of await fs.promises.readdir(lockDirectory)) {
    if (name.endsWith('.new'))
      await fs.promises.unlink(join(lockDirectory, name)).catch(() => undefined);
  }
}

function locked(path: string, holder: LockOwner | undefined): LogError {
  return new LogError(
    'ERR_LOG_LOCKED',
    'another process or handle has this log open for writing, ' +
      `host=${holder?.host ?? 'unknown'} pid=${holder?.pid ?? 'unknown'} lock=${path}`,
    { holder: { host: holder?.host, pid: holder?.pid } },
  );
}

type Callback = (error: unknown) => void;

/** The file system as proper-lockfile is to see it: its directory is our ticket. */
function ticketFileSystem(owner: LockOwner): object {
  return {
    stat: fs.stat,
    utimes: fs.utimes,
    mkdir(path: string, callback: Callback): void {
      createTicket(path, JSON.stringify(owner), owner.nonce).then(() => callback(null), callback);
    },
    rmdir(path: string, callback: Callback): void {
      fs.rename(path, `${path}.free`, () => callback(null));
    },
    rmdirSync(path: string): void {
      fs.renameSync(path, `${path}.free`);
    },
  };
}

/**
 * Creates a ticket with its owner in it, both at once, by a link: a process that is killed in between must
 * not leave one that nobody can tell to be dead. On a full disk, or without links, there is only the first.
 */
async function createTicket(path: string, text: string, nonce: string): Promise<void> {
  const draft = join(dirname(path), `${nonce}.new`);
  try {
    await fs.promises.writeFile(draft, text, { flag: 'wx' });
    await fs.promises.link(draft, path);
  } catch (error) {
    // Not EEXIST: on that proper-lockfile would look whether it may remove the ticket.
    const code = errorCode(error);
    // ENOENT: the draft was swept by an opener that won.
    if (code === 'EEXIST' || code === 'ENOENT')
      throw Object.assign(new Error(), { code: 'ELOCKED' });
    await createEmptyTicket(path);
  } finally {
    await fs.promises.unlink(draft).catch(() => undefined);
  }
}

async function createEmptyTicket(path: string): Promise<void> {
  try {
    await (await fs.promises.open(path, 'wx')).close();
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? Object.assign(new Error(), { code: 'ELOCKED' }) : error;
  }
}
