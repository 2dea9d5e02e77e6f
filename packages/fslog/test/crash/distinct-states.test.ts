import { SimRandom } from '@wal/conformance';
import { describe, expect, it } from 'vitest';
import { DistinctStates } from './distinct-states.ts';

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
