import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FsLog } from '@wal/fslog';
import { expect } from 'vitest';
import { openLog } from '../support/temporary-log.ts';

/**
 * Whoever opens in less has waited for no heartbeat to grow old: that takes 10 s, and an owner's last one is at most
 * 5 s old when it ends.
 */
export const AT_ONCE_MS = 5000;
/** What most openings take less than, however busy the machine. */
export const MEDIAN_MS = 1000;

export function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

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

/** Lets the heartbeat of whoever holds the lock look an hour old. */
export async function makeStale(directory: string): Promise<void> {
  const hourAgo = Date.now() / 1000 - 3600;
  await utimes(await ticketPath(directory), hourAgo, hourAgo);
}

/** Leaves a ticket as another owner would, above those that are there. */
export async function leaveTicket(directory: string, owner: object): Promise<void> {
  const numbers = (await tickets(directory)).map((name) => Number.parseInt(name, 10));
  const number = Math.max(...numbers) + 1;
  await writeFile(join(directory, 'LOCK', String(number)), JSON.stringify(owner));
}

/** Opens a log that is free, or whose owner is gone. */
export async function openAtOnce(directory: string): Promise<FsLog> {
  const started = performance.now();
  const log = await openLog(directory);
  expect(performance.now() - started).toBeLessThan(AT_ONCE_MS);
  return log;
}
