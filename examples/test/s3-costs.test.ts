import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMemoryStore, type ObjectStore, openS3Log } from '@wal/s3log';
import { describe, expect, test } from 'vitest';
import { chunkTable, monthTable, S3_STANDARD, segmentReplayCost } from '../s3-costs/costs.ts';
import {
  appendRequests,
  compactionRequests,
  followerRequests,
  pacedRequests,
  type Requests,
  replayRequests,
  segmentReplayRequests,
} from '../s3-costs/requests.ts';

const document = readFileSync(new URL('../../docs/S3.md', import.meta.url), 'utf8');
const MIB = 1024 ** 2;

test('docs/S3.md has the tables that the formulas give', () => {
  expect(document).toContain(chunkTable(S3_STANDARD));
  expect(document).toContain(monthTable(S3_STANDARD));
  expect(document).toContain(`${segmentReplayCost(S3_STANDARD)} a GiB`);
});

/** A store that counts what costs, each put taking some time. */
function countingStore(putMs = 0): { store: ObjectStore; take: () => Requests } {
  const memory = createMemoryStore();
  let counts = { puts: 0, lists: 0, gets: 0 };
  const store: ObjectStore = {
    putIfAbsent: async (...given) => {
      counts.puts++;
      if (putMs > 0) await sleep(putMs);
      return await memory.putIfAbsent(...given);
    },
    get: (...given) => {
      counts.gets++;
      return memory.get(...given);
    },
    list: (...given) => {
      counts.lists++;
      return memory.list(...given);
    },
    delete: (...given) => memory.delete(...given),
  };
  const take = (): Requests => {
    const taken = counts;
    counts = { puts: 0, lists: 0, gets: 0 };
    return taken;
  };
  return { store, take };
}

describe('a log asks for what the formulas say', () => {
  test('append, replay, compaction, and replay of segments', async () => {
    const { store, take } = countingStore();
    const log = await openS3Log({ store, compactAfterChunks: 0 });
    const [bytes, chunkBytes] = [64 * MIB, MIB];
    take();
    const record = Buffer.alloc(chunkBytes);
    for (let i = 0; i < bytes / chunkBytes; i++) await log.append(record);
    expect(take()).toEqual(appendRequests(bytes, chunkBytes));
    const replay = async (): Promise<void> => {
      for await (const _ of log.iterator());
    };
    await replay();
    expect(take()).toEqual(replayRequests(bytes, chunkBytes));
    expect(await log.compact()).toBe(1);
    expectAbout(take(), compactionRequests(bytes, chunkBytes));
    await replay();
    expectAbout(take(), segmentReplayRequests(bytes));
    await log.close();
  });

  test('a follower to whom nothing comes', async () => {
    const { store, take } = countingStore();
    const writer = await openS3Log({ store });
    await writer.append(Buffer.from('x'));
    let now = 0;
    // Time that passes as fast as the log can wait.
    const clock = {
      now: () => now,
      after: (ms: number, call: () => void) => {
        if (ms > 1_000) return () => undefined;
        const turn = setImmediate(() => {
          now += ms;
          call();
        });
        return () => clearImmediate(turn);
      },
    };
    let turns = 0;
    // Chance that is the same each time: fractions spread evenly.
    const entropy = {
      bytes: (length: number) => new Uint8Array(length),
      fraction: () => (turns++ * 0.618034) % 1,
    };
    const reader = await openS3Log({ store, readOnly: true, clock, entropy });
    const iterator = reader.iterator({ follow: true });
    await iterator.next();
    const waiting = iterator.next().catch(() => undefined);
    take();
    const startedAt = now;
    while (now - startedAt < 1_000_000) await new Promise((resolve) => setImmediate(resolve));
    const { puts, gets, lists } = take();
    const expected = followerRequests((now - startedAt) / 1000);
    expect(puts).toBe(0);
    expect(gets / expected.gets).toBeCloseTo(1, 1);
    // A look at the root waits for the first look for a chunk after its time.
    expect(lists).toBeLessThanOrEqual(expected.lists);
    expect(lists).toBeGreaterThan(expected.lists * 0.9);
    await reader.close();
    await waiting;
    await writer.close();
  });

  test.each([
    [1, 16],
    [5, 16],
    [20, 256],
    [1_000, 256],
  ])('appends without a pause, lingerMs %i, maxInFlight %i', async (lingerMs, maxInFlight) => {
    const putMs = 40;
    const { store, take } = countingStore(putMs);
    const log = await openS3Log({ store, lingerMs, maxInFlight });
    take();
    const startedAt = performance.now();
    const appends: Promise<unknown>[] = [];
    while (performance.now() - startedAt < 1_000) {
      appends.push(log.append(Buffer.from('x')));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(appends);
    const seconds = (performance.now() - startedAt) / 1000;
    const { puts } = take();
    // No more than that; a busy machine's timers are late, and make it fewer.
    expect(puts).toBeLessThanOrEqual(
      pacedRequests(seconds, { lingerMs, putMs, maxInFlight }).puts * 1.1 + 2,
    );
    expect(puts).toBeGreaterThan(1);
    await log.close();
  });
});

/** As many, and what odd sizes add: that of the segment, and of the ranges it is read by. */
function expectAbout(counted: Requests, formula: Requests): void {
  for (const name of ['puts', 'lists', 'gets'] as const) {
    expect(counted[name]).toBeGreaterThanOrEqual(formula[name]);
    expect(counted[name]).toBeLessThanOrEqual(formula[name] + 4);
  }
}
