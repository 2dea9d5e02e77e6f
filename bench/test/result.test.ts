import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Bar, checkBars, ratioOf } from '../src/result/bar.ts';
import { BARS } from '../src/result/bars.ts';
import { compareFigures } from '../src/result/compare.ts';
import { type Figure, findFigure } from '../src/result/figure.ts';
import { formatNumber, formatUnit } from '../src/result/format-number.ts';
import { newResult, readResult, writeResult } from '../src/result/result.ts';

const figure = (
  contender: string,
  rounds: number[],
  unit: Figure['unit'] = 'records/s',
): Figure => ({
  measurement: 'append',
  load: '1 at once',
  contender,
  metric: 'throughput',
  unit,
  rounds,
});

const bar = (sense: Bar['sense'], target: number): Bar => ({
  name: 'one',
  measurement: 'append',
  sense,
  target,
  unit: 'ratio',
  measure: (figures) =>
    ratioOf(
      findFigure(figures, 'append', '1 at once', 'fslog'),
      findFigure(figures, 'append', '1 at once', 'bare'),
    ),
});

test('a bar is reached at its target, and short just below it', () => {
  const figures = [figure('fslog', [80, 90, 85]), figure('bare', [100, 100, 100])];
  expect(checkBars([bar('at least', 0.85)], figures)).toMatchObject([
    { measured: 0.85, reached: true },
  ]);
  expect(checkBars([bar('at least', 0.851)], figures)).toMatchObject([{ reached: false }]);
  expect(checkBars([bar('at most', 0.85)], figures)).toMatchObject([{ reached: true }]);
  expect(checkBars([bar('at most', 0.849)], figures)).toMatchObject([{ reached: false }]);
});

test('a ratio is taken round by round: a slow moment meets both', () => {
  const figures = [figure('fslog', [90, 9, 80]), figure('bare', [100, 10, 100])];
  expect(checkBars([bar('at least', 0.9)], figures)).toMatchObject([{ measured: 0.9 }]);
});

test('a bar whose figures were not measured is left out', () => {
  expect(checkBars([bar('at least', 1)], [figure('fslog', [1])])).toEqual([]);
});

test('with figures of the real bars: those of one caller', () => {
  const figures = [figure('fslog', [100]), figure('bare', [110]), figure('lmdb', [120])];
  const checked = checkBars(BARS, figures);
  expect(checked.map(({ name, reached }) => [name, reached])).toEqual([
    ['append, 1 at once: fslog by bare', true],
    ['append, 1 at once: fslog by lmdb', false],
  ]);
});

test('no two bars have one name', () => {
  expect(new Set(BARS.map(({ name }) => name)).size).toBe(BARS.length);
});

test('compared: the medians of figures that both have, of one unit', () => {
  const before = [figure('fslog', [10, 20, 30]), figure('gone', [1]), figure('bare', [1], 'ms')];
  const now = [figure('fslog', [30]), figure('new', [1]), figure('bare', [1])];
  expect(compareFigures(before, now)).toEqual([
    {
      key: 'append / 1 at once / fslog / throughput',
      before: 20,
      now: 30,
      ratio: 1.5,
      isRate: true,
    },
  ]);
});

test('a result is read as it was written, and another file is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wal-bench-test-'));
  try {
    const path = join(folder, 'results', 'one.json');
    const result = newResult({
      date: '2000-01-01T00:00:00.000Z',
      seconds: 1,
      rounds: 3,
      quick: false,
      machine: { cpu: 'c', cores: 1, memoryGiB: 1, kernel: 'k', fileSystem: 'ext4' },
      versions: {},
      peers: [],
      leftOut: [],
      failed: [],
      bars: [],
      figures: [figure('fslog', [1.23456789, 3, 2])],
    });
    writeResult(path, result);
    expect(readResult(path).figures).toMatchObject([{ rounds: [1.2346, 3, 2], median: 2 }]);
    writeResult(path, { ...result, schema: 0 as 1 });
    expect(() => readResult(path)).toThrow('no result of this version');
    expect(readFileSync(path, 'utf8')).toMatch(/\}\n$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [0, '0'],
  [0.01234, '0.012'],
  [0.8567, '0.857'],
  [4.567, '4.57'],
  [45.67, '45.7'],
  [456.7, '457'],
  [1_234_567, '1,230,000'],
  [-232.4, '-232'],
])('%d is written %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('units are written behind their numbers', () => {
  expect(formatUnit(1500, 'records/s')).toBe('1,500 records/s');
  expect(formatUnit(1.5, 'ratio')).toBe('1.5 ×');
  expect(formatUnit(20, 'per s')).toBe('20/s');
});
