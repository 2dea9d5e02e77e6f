import { setImmediate } from 'node:timers/promises';
import {
  crashGroup,
  type DiskCrash,
  DiskCrashRun,
  type LogFixture,
  SimDisk,
  SimStorage,
} from '@wal/conformance';
import { describe, expect, test } from 'vitest';
import { CollectingRunner } from './collecting-runner.ts';
import { type JournalLog, type JournalOptions, openJournal } from './journal-log.ts';

/** Always the same: a test that expects a verdict must not get another one tomorrow. */
const SEED = 20_251_124;

function journal(options: JournalOptions = {}): DiskCrash {
  return { open: (disk, directory) => openJournal(disk, directory, options) };
}

function fixtureOf(crash: DiskCrash): LogFixture {
  const capabilities = {
    reopen: true,
    exclusion: 'locked',
    maxRecordBytes: 1_000_000,
    configurableLimit: false,
    crash,
  } as const;
  const place = async () => ({
    open: () => Promise.reject(new Error('only the simulated disk is used')),
    destroy: async () => undefined,
  });
  return { name: 'a journal', capabilities, place };
}

/** Why the tests fail whose titles have `part` in them. */
async function failuresOf(crash: DiskCrash, part = '', seed = SEED): Promise<string[]> {
  const runner = new CollectingRunner();
  crashGroup(runner, fixtureOf(crash), { seed });
  const tests = runner.tests.filter(({ title }) => title.includes(part));
  expect(tests).not.toEqual([]);
  const failures: string[] = [];
  for (const { body } of tests) {
    await body().catch((error: Error) => failures.push(error.message));
  }
  return failures;
}

/** What nothing but a timer ends. */
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function ticks(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      clearInterval(timer);
      resolve();
    }, 10 ** 6);
  });
}

describe('the crash group acquits a good log', () => {
  test.each<[string, JournalOptions]>([
    ['that needs microtasks alone', {}],
    ['that waits for a timer, however long', { pause: () => delay(10 ** 6) }],
    ['that waits for an interval', { pause: ticks }],
    ['that waits for turns of the event loop', { pause: () => setImmediate() }],
  ])('%s', async (_, options) => {
    expect(await failuresOf(journal(options), 'CRASH-')).toEqual([]);
  });

  test('whose storage fails', async () => {
    expect(await failuresOf(journal(), 'APPEND-8')).toEqual([]);
  });

  test('that acknowledges appends before they are durable, if the fixture says so', async () => {
    const lazy = journal({
      sync: async (file, { records }) => {
        if (records.length === 0) await file.sync();
      },
    });
    expect(await failuresOf(lazy, 'moment of appends')).toHaveLength(1);
    const flush: DiskCrash['flush'] = (log) => (log as JournalLog).flush();
    expect(await failuresOf({ ...lazy, flush })).toEqual([]);
  });
});

describe('the crash group convicts', () => {
  test('a log that hangs', async () => {
    const never = journal({ pause: () => new Promise(() => undefined) });
    const [found = ''] = await failuresOf(never, 'moment of appends');
    expect(found).toContain('an operation never ends');
  });

  test('a log that goes to another disk', async () => {
    const { open } = journal();
    const elsewhere: DiskCrash = {
      open: async () => {
        const storage = new SimStorage();
        storage.makeDirectory('/data');
        return await open(new SimDisk(storage), '/data');
      },
    };
    expect(await failuresOf(elsewhere, 'moment of appends')).toHaveLength(1);
  });

  test('a log that does not sync, in the same way each time, with the seed that shows it', async () => {
    const lazy = journal({ sync: async () => undefined });
    const [found = ''] = await failuresOf(lazy, 'one crash after another');
    const seed = Number(/\{ seed: (\d+) \}/.exec(found)?.[1]);
    expect(seed).toBeGreaterThanOrEqual(SEED);
    expect(await failuresOf(lazy, 'one crash after another', seed)).toEqual([found]);
    expect(found).toContain('--- history');
  });

  test('with a run of few operations, where one of many has failed', async () => {
    const lazy = journal({ sync: async () => undefined });
    const [found = ''] = await failuresOf(lazy, 'one crash after another');
    expect(found).toContain('"operations":');
    const [, history = ''] = found.split('--- history');
    const called = history.match(/^(append|truncate|trim) /gm) ?? [];
    expect(called.length).toBeLessThanOrEqual(5);
  });
});

test('what only this backend does is called too, and a crash at any of its calls is tried', async () => {
  let calls = 0;
  const extra = async () => void calls++;
  const run = new DiskCrashRun({ ...journal(), extras: [{ name: 'extra', call: extra }] }, SEED);
  expect(await run.run()).toBeGreaterThan(50);
  expect(calls).toBeGreaterThan(0);
});

test('a larger scale tries more, a smaller one not less', async () => {
  const openings = async (crashScale: number | undefined): Promise<number> => {
    let count = 0;
    const { open } = journal();
    const counting: DiskCrash = {
      open: (disk, directory) => {
        count++;
        return open(disk, directory);
      },
    };
    const runner = new CollectingRunner();
    crashGroup(runner, fixtureOf(counting), { seed: SEED, crashScale });
    await runner.tests.find(({ title }) => title.startsWith('APPEND-2'))?.body();
    return count;
  };
  const usual = await openings(undefined);
  expect(await openings(0)).toBe(usual);
  expect(await openings(Number.NaN)).toBe(usual);
  expect(await openings(3)).toBeGreaterThan(2 * usual);
});
