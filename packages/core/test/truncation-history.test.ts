import { TruncationHistory } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { SeededRandom, seed } from './seeded-random.ts';

/** How many rising truncates are remembered. */
const REMEMBERED = 1024;

describe('TruncationHistory', () => {
  test('begins at version 0, with nothing truncated', () => {
    const history = new TruncationHistory();
    expect(history.version).toBe(0);
    expect(history.lowestSince(0)).toBeUndefined();
  });

  test('every truncate is a version, one that kept the same or more too', () => {
    const history = new TruncationHistory();
    for (const [i, keptTo] of [5, 5, 9, 3, -1].entries()) {
      history.record(keptTo);
      expect(history.version).toBe(i + 1);
    }
  });

  test('tells the lowest id kept since a version (ITERATE-9)', () => {
    const history = new TruncationHistory();
    for (const keptTo of [10, 4, 8, 20]) history.record(keptTo);
    expect([0, 1, 2, 3, 4].map((version) => history.lowestSince(version))).toEqual([
      4,
      4,
      8,
      20,
      undefined,
    ]);
  });

  test(`agrees with a list of all truncates (seed ${seed})`, () => {
    const random = new SeededRandom(seed);
    for (let run = 0; run < 50; run++) {
      const history = new TruncationHistory();
      const all: number[] = [];
      const largest = random.integer(0, 1) === 0 ? 5 : 1_000_000;
      for (let i = 0; i < 60; i++) {
        const keptTo = random.integer(-1, largest);
        history.record(keptTo);
        all.push(keptTo);
        for (let version = 0; version <= all.length; version++) {
          const since = all.slice(version);
          const lowest = since.length === 0 ? undefined : Math.min(...since);
          expect(history.lowestSince(version)).toBe(lowest);
        }
      }
    }
  });

  test('remembers so many rising truncates exactly', () => {
    const history = new TruncationHistory();
    for (let i = 0; i < REMEMBERED; i++) history.record(i);
    for (let version = 0; version < REMEMBERED; version++) {
      expect(history.lowestSince(version)).toBe(version);
    }
  });

  test('tells a reader from before what it has forgotten that all was truncated, never too little', () => {
    const history = new TruncationHistory();
    const total = REMEMBERED * 3;
    for (let i = 0; i < total; i++) history.record(i);
    const forgotten = total - REMEMBERED;
    for (let version = 0; version < forgotten; version++) {
      expect(history.lowestSince(version)).toBe(-1);
    }
    for (let version = forgotten; version < total; version++) {
      expect(history.lowestSince(version)).toBe(version);
    }
    expect(history.lowestSince(total)).toBeUndefined();
  });

  test('what a lower truncate covers takes no memory: falling ones are never forgotten', () => {
    const history = new TruncationHistory();
    const total = REMEMBERED * 3;
    for (let i = 0; i < total; i++) history.record(total - i);
    for (let version = 0; version < total; version += 97) {
      expect(history.lowestSince(version)).toBe(1);
    }
  });
});
