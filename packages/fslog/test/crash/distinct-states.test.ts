import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimRandom } from '@wal/conformance';
import { describe, expect, it } from 'vitest';
import { DistinctStates } from './distinct-states.ts';
import { type Tallied, totalOf } from './total-states.ts';

function fingerprint(random: SimRandom): number {
  return random.integer(0, 2 ** 20 - 1) * 2 ** 32 + random.seed();
}

describe('the count of distinct states', () => {
  it('is exact while there is room, and knows what it has counted', () => {
    const states = new DistinctStates();
    const random = new SimRandom(1);
    const all = new Set(Array.from({ length: 200_000 }, () => fingerprint(random)));
    expect([...all].every((one) => states.add(one))).toBe(true);
    expect([...all].some((one) => states.add(one))).toBe(false);
    expect(states.count).toBe(all.size);
    expect(states.isExact).toBe(true);
    expect(states.held().every((one) => all.has(one))).toBe(true);
  });

  it('is near beyond that, in the same memory', () => {
    const states = new DistinctStates(2 ** 14);
    const random = new SimRandom(2);
    for (let i = 0; i < 300_000; i++) states.add(fingerprint(random));
    expect(states.isExact).toBe(false);
    expect(states.count / 300_000).toBeCloseTo(1, 1);
    expect(states.held().length).toBeLessThan(2 ** 14);
  });
});

describe('the total of all processes', () => {
  const tally = { name: '', runs: 1, tried: 1, distinct: 1, judged: 1, cpuMs: 1 };
  const totalWith = (tallied: Omit<Tallied, 'tallies'>): ReturnType<typeof totalOf> => {
    const directory = mkdtempSync(join(tmpdir(), 'crash-states-'));
    for (const pid of [1, 2]) {
      writeFileSync(join(directory, `${pid}.states`), new Uint8Array(Float64Array.of(7).buffer));
      writeFileSync(
        join(directory, `${pid}.json`),
        JSON.stringify({ ...tallied, tallies: [tally] }),
      );
    }
    const total = totalOf(directory);
    rmSync(directory, { recursive: true });
    return total;
  };

  it('counts a state once that two of them met', () => {
    expect(totalWith({ kinds: 2, isWhole: true }).total.distinct).toBe(1);
  });

  it('is too little only where all kinds were to explore as much as usual', () => {
    expect(totalWith({ kinds: 2, isWhole: true }).isTooLittle).toBe(true);
    expect(totalWith({ kinds: 3, isWhole: true }).isTooLittle).toBe(false);
    expect(totalWith({ kinds: 2, isWhole: false }).isTooLittle).toBe(false);
  });
});
