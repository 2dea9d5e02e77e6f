import { skipNote } from '@wal/s3-servers';
import { expect, test } from 'vitest';
import { checkBars } from '../src/result/bar.ts';
import { BARS } from '../src/result/bars.ts';
import type { Figure } from '../src/result/figure.ts';
import { s3Append } from '../src/s3/append.ts';
import { s3Cost } from '../src/s3/cost.ts';
import { CountingStore } from '../src/s3/counting-store.ts';
import { FastClock } from '../src/s3/fast-clock.ts';
import { inParallel } from '../src/s3/in-parallel.ts';
import { IDLE_LOAD } from '../src/s3/latency.ts';
import { openRequestsOfMany } from '../src/s3/open-requests.ts';
import { whyNoBucket } from '../src/s3/with-bucket.ts';
import { smallMeasurement, withFolder } from './small-measurement.ts';

const reason = whyNoBucket();

test.skipIf(reason !== undefined)(
  `a measurement on a server of its own, small: figures of ours and of raw, and nothing is left behind${skipNote(reason)}`,
  () =>
    withFolder(async (folder) => {
      const figures = await s3Append.run(smallMeasurement(folder));
      expect(figures.map(({ contender }) => contender)).toEqual(['s3log', 'raw', 's3log', 'raw']);
      for (const { rounds } of figures) expect(rounds[0]).toBeGreaterThan(0);
      expect(checkBars(BARS, figures)).toHaveLength(2);
    }),
  120_000,
);

test('the cost falls with the size of full chunks, as their number', async () => {
  const figures = await s3Cost.run(smallMeasurement(''));
  const full = figures.filter(({ load }) => load.includes('chunkBytes'));
  const puts = full.map(({ rounds }) => rounds[0] as number);
  for (const [i, kib] of [256, 1024, 4096, 16384].entries()) {
    expect(puts[i]).toBeGreaterThanOrEqual(1e9 / (kib * 1024));
    expect(puts[i]).toBeLessThan((1.2 * 1e9) / (kib * 1024));
  }
});

test('opening is counted, for reading and for writing', async () => {
  const figures = await openRequestsOfMany(smallMeasurement(''));
  expect(figures.map(({ load, rounds }) => [load, rounds])).toEqual([
    ['open for reading, 10,000 chunks', [5]],
    ['open for writing, 10,000 chunks', [7]],
  ]);
});

test('the bar of the latency is a difference, of the rounds the median', () => {
  const figure = (contender: string, rounds: number[]): Figure => ({
    measurement: 's3-latency',
    load: IDLE_LOAD,
    contender,
    metric: 'p50',
    unit: 'ms',
    rounds,
  });
  const figures = [figure('s3log', [3, 9, 4]), figure('raw', [2, 1, 1])];
  expect(checkBars(BARS, figures)).toMatchObject([{ measured: 3, reached: false }]);
});

test('a store that counts lists in the order of keys, from one on, and no more than asked for', async () => {
  const store = new CountingStore();
  for (const key of ['b/2', 'a', 'b/1', 'c', 'b/3']) await store.putIfAbsent(key, Buffer.from(key));
  const keys = async (...given: Parameters<CountingStore['list']>) =>
    (await store.list(...given)).map(({ key }) => key);
  expect(await keys('b/')).toEqual(['b/1', 'b/2', 'b/3']);
  expect(await keys('b/', { startAfter: 'b/1', limit: 1 })).toEqual(['b/2']);
  expect(await keys('')).toHaveLength(5);
  await store.delete(['b/2']);
  expect(await keys('b/')).toEqual(['b/1', 'b/3']);
  expect(await store.putIfAbsent('a', Buffer.from('x'))).toBe('exists');
  expect(store.requests).toBe(11);
});

test('a fast clock counts the short waits that ran their time', async () => {
  const clock = new FastClock(1_000);
  const cancel = clock.after(500, () => expect.unreachable());
  cancel();
  for (const ms of [500, 2_000])
    await new Promise<void>((resolve) => void clock.after(ms, resolve));
  expect(clock.looks).toBe(1);
});

test('in parallel: each task once, so many at once', async () => {
  let left = 10;
  let atOnce = 0;
  let most = 0;
  const task = async (): Promise<void> => {
    most = Math.max(most, ++atOnce);
    await new Promise<void>((resolve) => setImmediate(resolve));
    atOnce--;
  };
  await inParallel(3, () => (left-- > 0 ? task() : undefined));
  expect([left < 0, most, atOnce]).toEqual([true, 3, 0]);
});
