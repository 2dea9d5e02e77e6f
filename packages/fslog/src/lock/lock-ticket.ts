import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, isNoSpace } from '../disk/storage-error.ts';
import { syncDirectory } from '../disk/sync-directory.ts';
import { type LockOwner, ownerFromName, ownerToName, parseOwner } from './lock-owner.ts';

const TICKET = /^(\d+)(\.free)?$/;
const DRAFT = '.new';
const MAX_NAME_LENGTH = 255;

type FileHandle = fs.promises.FileHandle;

/** One place in the order of a log's writers. */
export interface Ticket {
  readonly number: number;
  readonly isFree: boolean;
  readonly name: string;
}

/** The tickets in a lock's directory, highest first. */
export async function listTickets(lockDirectory: string): Promise<Ticket[]> {
  const found: Ticket[] = [];
  for (const name of await fs.promises.readdir(lockDirectory)) {
    const match = TICKET.exec(name);
    if (match !== null)
      found.push({ name, number: Number(match[1]), isFree: match[2] !== undefined });
  }
  return found.sort((a, b) => b.number - a.number || Number(a.isFree) - Number(b.isFree));
}

/** Who a ticket is of, as far as it says, and when it was last seen to be held. */
export interface TicketOwner {
  readonly owner: LockOwner | undefined;
  readonly modifiedMs: number;
}

/**
 * Who a ticket is of; `undefined` when it is gone. One without text was made on a full disk: then its draft
 * is still there, and says it by its name.
 */
export async function readTicket(
  lockDirectory: string,
  name: string,
): Promise<TicketOwner | undefined> {
  const path = join(lockDirectory, name);
  let owner: LockOwner | undefined;
  let stats: fs.BigIntStats;
  try {
    owner = parseOwner(await fs.promises.readFile(path, 'utf8'));
    stats = await fs.promises.stat(path, { bigint: true });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const modifiedMs = Number(stats.mtimeMs);
  if (owner !== undefined) return { owner, modifiedMs };
  for (const draft of await drafts(lockDirectory)) {
    const draftPath = join(lockDirectory, draft);
    const stat = await fs.promises.stat(draftPath, { bigint: true }).catch(() => undefined);
    if (stat?.ino === stats.ino)
      return { owner: ownerFromName(draft.slice(0, -DRAFT.length)), modifiedMs };
  }
  return { owner: undefined, modifiedMs };
}

/**
 * Creates a ticket with its owner in it, both at once, by a link: a process that is killed in between must
 * not leave one that nobody can tell to be dead. On a full disk the text does not fit, but its name does:
 * then the draft, which has the owner in its name, stays beside the ticket. Without links the owner is not
 * known. Gives its file, open.
 */
export async function createTicket(path: string, owner: LockOwner): Promise<FileHandle> {
  const draft = join(dirname(path), draftName(owner));
  let file: FileHandle | undefined;
  let isEmpty = false;
  try {
    file = await fs.promises.open(draft, 'wx');
    isEmpty = !(await writeText(file, JSON.stringify(owner)));
    await fs.promises.link(draft, path);
    await syncDirectory(dirname(path)).catch(() => undefined);
    return file;
  } catch (error) {
    isEmpty = false;
    await file?.close().catch(() => undefined);
    // Not EEXIST: on that proper-lockfile would look whether it may remove the ticket.
    const code = errorCode(error);
    // ENOENT: the draft was swept by an opener that won.
    if (code === 'EEXIST' || code === 'ENOENT')
      throw Object.assign(new Error(), { code: 'ELOCKED' });
    return await createEmptyTicket(path);
  } finally {
    if (!isEmpty) await fs.promises.unlink(draft).catch(() => undefined);
  }
}

/**
 * Durable, so that it also tells after a power cut that its owner is gone. False: there is no space for the
 * text.
 */
async function writeText(file: FileHandle, text: string): Promise<boolean> {
  try {
    await file.writeFile(text);
    await file.sync().catch(() => undefined); // It holds all the same, until the power goes.
    return true;
  } catch (error) {
    if (!isNoSpace(error)) throw error;
    await file.truncate();
    return false;
  }
}

async function createEmptyTicket(path: string): Promise<FileHandle> {
  try {
    return await fs.promises.open(path, 'wx');
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? Object.assign(new Error(), { code: 'ELOCKED' }) : error;
  }
}

/** Removes drafts of killed openers. A live opener whose draft is swept gets ENOENT and looks again. */
export async function sweepDrafts(lockDirectory: string, owner: LockOwner): Promise<void> {
  const own = draftName(owner);
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
