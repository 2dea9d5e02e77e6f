import { expect, test } from 'vitest';
import { interleave } from '../src/runner/interleave.ts';
import { Latencies } from '../src/runner/latency.ts';
import { median, quantile, ratiosByRound, spread } from '../src/runner/statistics.ts';

test('the median is the middle, of an even number between the two in the middle', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test('numbers are compared as numbers', () => {
  expect(median([10, 9, 100])).toBe(10);
});

test('a quantile lies between its neighbors by proportion', () => {
  expect(quantile([0, 10], 0.25)).toBe(2.5);
  expect(quantile([1, 2, 3], 0)).toBe(1);
  expect(quantile([1, 2, 3], 1)).toBe(3);
});

test('the spread is half the distance of the quartiles by the median', () => {
  expect(spread([7, 7, 7])).toBe(0);
  expect(spread([0, 10, 20])).toBe(0.5);
  expect(spread([-20, -10, 0])).toBe(0.5);
});

test('ratios are of the same rounds', () => {
  expect(ratiosByRound([4, 9], [2, 3])).toEqual([2, 3]);
  expect(() => ratiosByRound([4], [2, 3])).toThrow(RangeError);
});

test('latencies: percentiles in milliseconds, to three digits', () => {
  const latencies = new Latencies();
  latencies.add(Array.from({ length: 1000 }, (_, i) => (i + 1) / 100));
  expect(latencies.percentile(50)).toBeCloseTo(5, 1);
  expect(latencies.percentile(99)).toBeCloseTo(9.9, 1);
  expect(latencies.percentile(100)).toBeCloseTo(10, 1);
});

test('interleaved: each once a round, each round begins with another', async () => {
  const order: string[] = [];
  const cells = ['a', 'b', 'c'].map((name) => ({
    name,
    run: async () => order.push(name),
  }));
  const results = await interleave(cells, 3);
  expect(order.join('')).toBe('abcbcacab');
  expect([...results.keys()]).toEqual(['a', 'b', 'c']);
  expect(results.get('b')).toEqual([2, 4, 9]);
});
