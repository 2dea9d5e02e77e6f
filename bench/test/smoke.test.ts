import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { BARE_WAYS, wayName } from '../src/contenders/bare-file.ts';
import { bareGroupCommit } from '../src/contenders/bare-group-commit.ts';
import { bareLoop } from '../src/contenders/bare-loop.ts';
import { fslog } from '../src/contenders/fslog.ts';
import { chooseDisk } from '../src/disk/chosen-disk.ts';
import { inTemporaryFolder } from '../src/disk/temporary-folder.ts';
import { measureAppends } from '../src/measurements/append-rates.ts';
import { batches } from '../src/measurements/batches.ts';
import { checkBars } from '../src/result/bar.ts';
import { BARS } from '../src/result/bars.ts';
import { runLoad } from '../src/runner/load.ts';
import { smallMeasurement, withFolder } from './small-measurement.ts';

test('a disk is chosen for the folder for temporary files, or refused as memory', async () => {
  const chosen = await chooseDisk(tmpdir()).catch((error: Error) => error.message);
  if (typeof chosen === 'string') expect(chosen).toContain('in memory');
  else expect(chosen.freeBytes).toBeGreaterThan(0);
});

test('a durable measurement, small: figures of ours and of the bare machine, and bars of them', async () => {
  await withFolder(async (folder) => {
    const figures = await batches.run(smallMeasurement(folder));
    const contenders = figures.filter(({ metric }) => metric === 'throughput');
    const [ours, ...bare] = contenders.map(({ contender }) => contender);
    expect(ours).toBe('fslog');
    expect(bare).toHaveLength(2);
    expect(bare).toContain('bare');
    for (const { rounds } of figures) {
      expect(rounds.length).toBe(1);
      expect(rounds[0]).toBeGreaterThan(0);
    }
    expect(checkBars(BARS, figures).map(({ name }) => name)).toEqual([
      'batches, 1,000 a batch: fslog',
    ]);
  });
});

test('many callers: each contender serves all of them', async () => {
  await withFolder(async (folder) => {
    const load = { callers: 64, batchRecords: 1, recordBytes: 256, durationMs: 20 };
    const contenders = [fslog(), ...BARE_WAYS.map((way) => bareGroupCommit(way, wayName(way)))];
    const given = { measurement: 'append', name: '64 at once', load, contenders };
    const figures = await measureAppends(given, smallMeasurement(folder));
    const rates = figures.filter(({ metric }) => metric === 'throughput');
    expect(rates.map(({ contender }) => contender)).toEqual(['fslog', ...BARE_WAYS.map(wayName)]);
  });
});

test.each(BARE_WAYS.map((way) => [wayName(way), way] as const))(
  'bare, %s: a load counts its appends, and takes the time of each',
  async (_, way) => {
    await withFolder((parent) =>
      inTemporaryFolder(parent, async (folder) => {
        const store = await bareLoop(way).open(folder);
        const load = { callers: 3, batchRecords: 2, recordBytes: 100, durationMs: 20 };
        const result = await runLoad(store, load);
        await store.close();
        expect(result.records).toBe(result.latenciesMs.length * 2);
        expect(result.records).toBeGreaterThanOrEqual(6);
        expect(result.seconds).toBeGreaterThanOrEqual(0.02);
        expect(result.recordsPerSecond).toBeCloseTo(result.records / result.seconds);
      }),
    );
  },
);

test('a folder is gone also after a failure', async () => {
  await withFolder(async (parent) => {
    const failing = inTemporaryFolder(parent, async () => {
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
  });
});
