import { asyncAppendOnlyLog, readableAsyncAppendOnlyLog } from './async-append-only-log.ts';
import { betterSqlite3, readableBetterSqlite3 } from './better-sqlite3.ts';
import { classicLevel, readableClassicLevel } from './classic-level.ts';
import { hypercore } from './hypercore.ts';
import { lmdb, readableLmdb } from './lmdb.ts';
import type { Contender, ReadableContender } from './store.ts';
import { type LeftOut, whyLeftOut } from './third-party.ts';

const WRITERS: readonly Contender[] = [
  classicLevel,
  lmdb,
  betterSqlite3,
  hypercore,
  asyncAppendOnlyLog,
];
const READERS: readonly ReadableContender[] = [
  readableClassicLevel,
  readableLmdb,
  readableBetterSqlite3,
  readableAsyncAppendOnlyLog,
];

/** Those that are installed and load. */
export function peerWriters(): readonly Contender[] {
  return WRITERS.filter(({ name }) => whyLeftOut(name) === undefined);
}

export function peerReaders(): readonly ReadableContender[] {
  return READERS.filter(({ name }) => whyLeftOut(name) === undefined);
}

/** What a reader must know of a peer to compare it. */
export type PeerNote = Pick<Contender, 'name' | 'durable' | 'note'>;

export function peerNotes(): readonly PeerNote[] {
  return peerWriters().map(({ name, durable, note }) => ({
    name,
    durable,
    ...(note === undefined ? {} : { note }),
  }));
}

export function leftOutPeers(): readonly LeftOut[] {
  return WRITERS.flatMap(({ name }) => {
    const reason = whyLeftOut(name);
    return reason === undefined ? [] : [{ name, reason }];
  });
}
