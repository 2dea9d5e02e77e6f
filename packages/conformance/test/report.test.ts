import { type LogCapabilities, logConformance, MIN_MODEL_RUNS, modelGroup } from '@wal/conformance';
import { describe, expect, test, vi } from 'vitest';
import { arrayCapabilities, arrayFixture } from './array-fixture.ts';
import { ArrayLog } from './array-log.ts';
import { CollectingRunner } from './collecting-runner.ts';

const NOTHING: LogCapabilities = {
  reopen: false,
  exclusion: 'none',
  maxRecordBytes: arrayCapabilities.maxRecordBytes,
  configurableLimit: false,
};

describe('what is skipped', () => {
  test('nothing, where the backend can do everything', async () => {
    const runner = new CollectingRunner();
    const report = logConformance(runner, arrayFixture('all'));
    expect(report).toMatchObject({ name: 'all', skipped: [], full: true });
    expect(runner.tests.at(-1)?.title).toBe('conformance of all: full');
    expect(runner.tests.filter(({ title }) => title.includes('skipped'))).toEqual([]);
  });

  test('shows in titles, in the report, and in the output', async () => {
    const runner = new CollectingRunner();
    const fixture = { ...arrayFixture('least'), capabilities: NOTHING };
    const report = logConformance(runner, fixture);
    expect(report.full).toBe(false);
    expect([...new Set(report.skipped.map(({ reason }) => reason))].sort()).toEqual([
      'fixture gives no crash',
      'fixture gives no failAppends',
      'fixture gives no maxBatchBytes',
      'fixture gives no metadata',
      'fixture says configurableLimit: false',
      "fixture says exclusion: 'none'",
      'fixture says reopen: false',
    ]);
    for (const { clause, title, reason } of report.skipped) {
      const shown = `${clause} ${title} [skipped: ${reason}]`;
      expect(runner.tests.map(({ title }) => title)).toContain(shown);
    }
    const summary = runner.tests.at(-1)?.title ?? '';
    expect(summary).toMatch(/^conformance of least: partial, skipped: \d+ tests of /);
    for (const { clause, reason } of report.skipped) {
      expect(summary).toContain(clause);
      expect(summary).toContain(reason);
    }
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const outcomes = await runner.run();
    expect(warn.mock.calls).toEqual([[summary]]);
    warn.mockRestore();
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
  });

  test('tests the same whatever the options', () => {
    const titles = [undefined, { runs: 0 }, { runs: Number.NaN }, { seed: 0, runs: -5 }].map(
      (options) => {
        const runner = new CollectingRunner();
        logConformance(runner, arrayFixture('all'), options);
        return runner.tests.map(({ title }) => title);
      },
    );
    for (const some of titles) expect(some).toEqual(titles[0]);
  });
});

/** Loses a record now and then, so that random runs fail. */
class ForgetfulLog extends ArrayLog {
  override store(records: readonly Uint8Array[]): void {
    super.store(records.length === 4 ? records.slice(1) : records);
  }
}

describe('the model', () => {
  const forgetful = arrayFixture(
    'forgetful',
    (storage, options) => new ForgetfulLog(storage, options),
  );

  async function failureOf(seed: number | undefined): Promise<{ seed: number; message: string }> {
    const runner = new CollectingRunner();
    const report = modelGroup(runner, forgetful, { seed });
    const [outcome] = await runner.run();
    return { seed: report.seed, message: (outcome?.error as Error | undefined)?.message ?? '' };
  }

  test('says its seed when it fails, and fails the same way again with it', async () => {
    const first = await failureOf(undefined);
    expect(first.message).toContain(`{ seed: ${first.seed} }`);
    expect(first.message).toContain('append(');
    const again = await failureOf(first.seed);
    expect(again).toEqual(first);
  });

  test('takes a new seed every time, and makes no fewer runs than its own', async () => {
    const seeds = Array.from({ length: 5 }, () => {
      return modelGroup(new CollectingRunner(), forgetful).seed;
    });
    expect(new Set(seeds).size).toBeGreaterThan(1);
    for (const runs of [undefined, 0, Number.NaN, 50]) {
      let places = 0;
      const fixture = arrayFixture('counted');
      const place = () => {
        places++;
        return fixture.place();
      };
      const counted = { ...fixture, place };
      const runner = new CollectingRunner();
      modelGroup(runner, counted, { seed: 1, runs });
      const [outcome] = [await runner.tests[0]?.body()];
      expect(outcome).toBeUndefined();
      // One place more: the test's own.
      expect(places).toBe(Math.max(MIN_MODEL_RUNS, runs === 50 ? 50 : 0) + 1);
    }
  });
});
