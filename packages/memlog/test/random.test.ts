import { SimRandom } from '@wal/conformance';
import { isLogError, type Log } from '@wal/core';
import { createMemLog, createMemStorage, type MemLogFaults } from '@wal/memlog';
import { describe, expect, test } from 'vitest';
import { acknowledged, type Call, recoverable, stateOf } from './model.ts';
import { bytes } from './records.ts';

type Random = (limit: number) => number;

/** Random integers from 0 below `limit`, the same for the same seed. */
function randomOf(seed: number): Random {
  const random = new SimRandom(seed);
  return (limit) => random.integer(0, limit - 1);
}

/** Waits a few microtasks, then fails once in `rarity` times. */
function flaky(random: Random, rarity: number): () => Promise<void> {
  return async () => {
    for (let waits = random(4); waits > 0; waits--) await undefined;
    if (random(rarity) === 0) throw new Error('flaky');
  };
}

function randomCall(log: Log, random: Random, name: number): [Call, Promise<unknown>] {
  const nextId = log.nextId;
  const nearEnd = Math.max(nextId - random(5), 0);
  const records = Array.from({ length: random(4) }, (_, i) => `${name}.${i}`);
  const call = { records, id: nearEnd, nextId, outcome: 'pending' as const };
  const kind = random(10);
  if (kind < 7) return [{ ...call, kind: 'append' }, log.append(records.map(bytes))];
  if (kind < 9) return [{ ...call, kind: 'truncate' }, log.truncate(nearEnd)];
  return [{ ...call, kind: 'trim' }, log.trim(nearEnd)];
}

/** Reads on and on; the records are in order and without a gap, or a truncate or trim is reported. */
async function follow(log: Log): Promise<void> {
  let after: number | undefined;
  const iterator = log.iterator({ follow: true });
  try {
    for await (const { id } of iterator) {
      if (after !== undefined) expect(id).toBe(after + 1);
      after = id;
    }
  } catch (error) {
    if (isLogError(error, 'ERR_LOG_CLOSED')) return;
    expect(error).toMatchObject({ code: expect.stringMatching(/TRUNCATED|TRIMMED/) });
    await follow(log);
  }
}

async function run(seed: number, faulty: { appends: number; syncs: number }): Promise<void> {
  const random = randomOf(seed);
  const storage = createMemStorage();
  const calls: Call[] = [];
  const faults: MemLogFaults = {
    beforeAppend: flaky(random, faulty.appends),
    beforeSync: flaky(random, faulty.syncs),
    beforeRead: flaky(random, Number.POSITIVE_INFINITY),
  };
  const log = createMemLog({ storage, faults });
  const following = follow(log);
  const settled: Promise<void>[] = [];
  for (let name = 0; name < 60; name++) {
    const [call, promise] = randomCall(log, random, name);
    calls.push(call);
    settled.push(
      promise.then(
        (result) => {
          call.outcome = 'ok';
          const lastId = call.nextId + call.records.length - 1;
          if (call.kind === 'append') expect(result).toEqual({ firstId: call.nextId, lastId });
        },
        (error) => {
          call.outcome = error.code;
        },
      ),
    );
    for (let waits = random(8); waits > 0; waits--) await undefined;
  }
  const keepInFlight = [0, 1, 3, Number.POSITIVE_INFINITY][random(4)] as number;
  const crashes = random(2) === 0;
  if (crashes) storage.crash({ keepInFlight });
  else await log.close();
  await Promise.all([...settled, following]);
  const lastId = log.lastId ?? log.nextId - 1;
  expect(lastId).toBe(acknowledged(calls).nextId - 1);

  // The faults are not used again, whatever they are.
  const next = createMemLog({ storage });
  const found = await stateOf(next);
  if (crashes && keepInFlight > 0) expect(recoverable(calls)).toContain(found);
  else expect(found).toBe(acknowledged(calls).state());
}

const seeds = Array.from({ length: 100 }, (_, i) => i + 1);

describe('random runs agree with an array', () => {
  test.each(seeds)('with delays, seed %i', (seed) =>
    run(seed, { appends: Number.POSITIVE_INFINITY, syncs: Number.POSITIVE_INFINITY }),
  );
  test.each(seeds)('with appends that fail, seed %i', (seed) =>
    run(seed, { appends: 5, syncs: Number.POSITIVE_INFINITY }),
  );
  test.each(seeds)('with syncs that fail, seed %i', (seed) => run(seed, { appends: 9, syncs: 12 }));
});
