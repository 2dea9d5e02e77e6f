import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { type DiskLock, LogError } from '@wal/core';
import lockfile from 'proper-lockfile';
import {
  currentOwner,
  type LockOwner,
  ownerFromName,
  ownerState,
  ownerToName,
  parseOwner,
} from './lock-owner.ts';
import { errorCode, isNoSpace } from './storage-error.ts';
import { syncDirectory } from './sync-directory.ts';

/** A lock whose heartbeat is older than this is up for taking, unless its owner is seen to run. */
const STALE_MS = 10_000;
/** More rounds than this only happen when other openers keep winning. */
const MAX_ROUNDS = 16;

const LOCK = 'LOCK';
const MAX_NAME_LENGTH = 255;
const TICKET = /^(\d+)(\.free)?$/;
const DRAFT = '.new';

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
  const self = currentOwner();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const highest = await highestTicket(lockDirectory);
    const number = (highest?.number ?? 0) + 1;
    const goneSince = (highest && (await passedOn(lockDirectory, highest))) ?? number;
    const owner = { ...self, goneSince };
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
      id: hex(number) + self.nonce.slice(-8),
      isGone: (id: string) => {
        const other = Number.parseInt(id.slice(0, 8), 16);
        return other >= goneSince && other < number;
      },
      // A heartbeat that was disturbed has ended the lock for proper-lockfile, but not the ticket.
      release: () =>
        release()
          .catch(() => fs.promises.rename(path, `${path}.free`))
          .catch(() => undefined), // It was taken from us, and swept.
    };
    try {
      if (await isHighest(lockDirectory, number, draftName(owner))) return lock;
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

/**
 * If the ticket's owner is certainly gone, the number from which on all owners up to it are: `undefined`
 * if it is only stale.
 * @throws LogError `ERR_LOG_LOCKED` unless the ticket is free, its owner dead, or stale and not seen to run.
 */
async function passedOn(lockDirectory: string, ticket: Ticket): Promise<number | undefined> {
  let found: Owned;
  try {
    found = await readTicket(lockDirectory, ticket.name);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined; // Released, or passed on, just now.
    throw error;
  }
  const { owner, modifiedMs } = found;
  if (ticket.isFree) return owner?.goneSince ?? ticket.number;
  const state = owner === undefined ? 'unknown' : ownerState(owner);
  if (state === 'dead') return owner?.goneSince;
  const isStale = modifiedMs < Date.now() - STALE_MS;
  if (isStale && state !== 'alive') return undefined;
  throw locked(lockDirectory, owner);
}

interface Owned {
  readonly owner: LockOwner | undefined;
  readonly modifiedMs: number;
}

/** A ticket without text was made on a full disk: then its draft is still there, and says it by its name. */
async function readTicket(lockDirectory: string, name: string): Promise<Owned> {
  const path = join(lockDirectory, name);
  const owner = parseOwner(await fs.promises.readFile(path, 'utf8'));
  const { mtimeMs, ino } = await fs.promises.stat(path);
  if (owner !== undefined) return { owner, modifiedMs: mtimeMs };
  for (const draft of await drafts(lockDirectory)) {
    const stat = await fs.promises.stat(join(lockDirectory, draft)).catch(() => undefined);
    if (stat?.ino === ino)
      return { owner: ownerFromName(draft.slice(0, -DRAFT.length)), modifiedMs: mtimeMs };
  }
  return { owner: undefined, modifiedMs: mtimeMs };
}

/**
 * Whether no ticket reaches `number` but our own. An opener that read the tickets long ago may have
 * created a number that was used and swept since; this is where it learns. Sweeps the lower ones.
 */
async function isHighest(
  lockDirectory: string,
  number: number,
  ownDraft: string,
): Promise<boolean> {
  const others = (await tickets(lockDirectory)).filter((ticket) => ticket.name !== String(number));
  if (others.some((ticket) => ticket.number >= number)) return false;
  for (const { name } of others) {
    await fs.promises.unlink(join(lockDirectory, name)).catch(() => undefined);
  }
  await sweepDrafts(lockDirectory, ownDraft);
  return true;
}

/** Removes what openers that were killed have left. One that is not dead creates its ticket without. */
async function sweepDrafts(lockDirectory: string, own: string): Promise<void> {
  for (const name of await drafts(lockDirectory)) {
    if (name !== own) await fs.promises.unlink(join(lockDirectory, name)).catch(() => undefined);
  }
}

async function drafts(lockDirectory: string): Promise<string[]> {
  return (await fs.promises.readdir(lockDirectory)).filter((name) => name.endsWith(DRAFT));
}

/** A draft's name, with its owner in it: as long as a file's name may be, or less. */
function draftName(owner: LockOwner): string {
  const text = ownerToName(owner);
  const isTooLong = text.length + DRAFT.length > MAX_NAME_LENGTH;
  return (isTooLong ? owner.nonce : text) + DRAFT;
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

type Callback = (error: unknown) => void;

/** The file system as proper-lockfile is to see it: its directory is our ticket. */
function ticketFileSystem(owner: LockOwner): object {
  return {
    stat: fs.stat,
    utimes: fs.utimes,
    mkdir(path: string, callback: Callback): void {
      createTicket(path, owner).then(() => callback(null), callback);
    },
    rmdir(path: string, callback: Callback): void {
      fs.rename(path, `${path}.free`, () => callback(null));
    },
    // Called while the process exits, with writes that may still be under way: its end frees the ticket.
    rmdirSync(): void {},
  };
}

/**
 * Creates a ticket with its owner in it, both at once, by a link: a process that is killed in between must
 * not leave one that nobody can tell to be dead. On a full disk the text does not fit, but its name does:
 * then the draft, which has the owner in its name, stays beside the ticket. Without links the owner is not
 * known.
 */
async function createTicket(path: string, owner: LockOwner): Promise<void> {
  const draft = join(dirname(path), draftName(owner));
  let isEmpty = false;
  try {
    isEmpty = !(await writeDraft(draft, JSON.stringify(owner)));
    await fs.promises.link(draft, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    isEmpty = false;
    // Not EEXIST: on that proper-lockfile would look whether it may remove the ticket.
    const code = errorCode(error);
    // ENOENT: the draft was swept by an opener that won.
    if (code === 'EEXIST' || code === 'ENOENT')
      throw Object.assign(new Error(), { code: 'ELOCKED' });
    await createEmptyTicket(path);
  } finally {
    if (!isEmpty) await fs.promises.unlink(draft).catch(() => undefined);
  }
}

/**
 * Durable, so that it also tells after a power cut that its owner is gone. False: there is no space for the
 * text.
 */
async function writeDraft(path: string, text: string): Promise<boolean> {
  const file = await fs.promises.open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
    return true;
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    await file.truncate();
    return false;
  } finally {
    await file.close();
  }
}

async function createEmptyTicket(path: string): Promise<void> {
  try {
    await (await fs.promises.open(path, 'wx')).close();
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? Object.assign(new Error(), { code: 'ELOCKED' }) : error;
  }
}
