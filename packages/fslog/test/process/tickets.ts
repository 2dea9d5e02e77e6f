import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FsLog } from '@wal/fslog';
import { expect } from 'vitest';
import { openLog } from '../support/temporary-log.ts';

/** The names in LOCK. */
export async function tickets(directory: string): Promise<string[]> {
  return (await readdir(join(directory, 'LOCK'))).sort();
}

/** The ticket that is held. */
export async function ticketPath(directory: string): Promise<string> {
  const held = (await tickets(directory)).filter((name) => /^\d+$/.test(name));
  expect(held).toHaveLength(1);
  return join(directory, 'LOCK', held[0] as string);
}

const HOUR_S = 3600;

/** Lets the heartbeat of whoever holds the lock look an hour old. */
export async function makeStale(directory: string): Promise<void> {
  const hourAgo = Date.now() / 1000 - HOUR_S;
  await utimes(await ticketPath(directory), hourAgo, hourAgo);
}

/** Lets no ticket look stale for an hour: an opener that gets the lock meanwhile knows that its owner is gone. */
export async function keepFresh(directory: string): Promise<void> {
  const inAnHour = Date.now() / 1000 + HOUR_S;
  for (const name of await tickets(directory).catch(() => [])) {
    await utimes(join(directory, 'LOCK', name), inAnHour, inAnHour);
  }
}

/** Leaves a ticket as another owner would, above those that are there. */
export async function leaveTicket(directory: string, owner: object): Promise<void> {
  const numbers = (await tickets(directory)).map((name) => Number.parseInt(name, 10));
  const number = Math.max(...numbers) + 1;
  await writeFile(join(directory, 'LOCK', String(number)), JSON.stringify(owner));
}

/** Opens a log that is free, or whose owner is gone, and not for the age of its heartbeat. */
export async function openAtOnce(directory: string): Promise<FsLog> {
  await keepFresh(directory);
  return await openLog(directory);
}
