import { crashGroup, type LogFixture } from '@wal/conformance';
import type { Disk } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MutatedFsLog, mutatedFsLog } from './crash/mutated-fs-log.ts';
import { PLANTED_BUGS } from './crash/planted-bugs.ts';
import { RepeatableBytes } from './crash/repeatable-bytes.ts';
import { SOURCE_MUTANTS } from './crash/source-mutants.ts';
import { ROLL, SYNC } from './support/extras.ts';

/** Always the same: whether a bug is convicted must not change from run to run. */
const SEED = 20_251_124;
const timeout = 120_000;

/** Bugs that the group need not find at its default scale: the crash tests of this package do. */
const NEED_MORE: ReadonlySet<string> = new Set([
  'a failed sync is taken for a good one',
  'a failed sync is tried again',
  'a short write is taken for a whole one',
  'a trim beyond the end leaves the segment open',
]);

/** Some of each part of the source. */
const MUTANTS: ReadonlySet<string> = new Set([
  'a truncate is in memory until the next append',
  'a truncate goes on in the same segment',
  "a segment is META's tail only after its first batch",
  'a commit of META is done after one slot',
  'the clean close is still noted once the log goes on',
  'readers see what is not synced',
  'a batch is recovered without a look at its body',
  'the index is off by one batch',
  'what a truncate supersedes is removed before META says so',
  'a trim beyond the end leaves the segment open',
  'a log fails without a reason',
  'get gives other bytes',
  'get finds nothing',
  'a short read is taken for the end of the file',
]);

type Open = (disk: Disk) => ReturnType<typeof openFsLog>;

interface Collected {
  readonly title: string;
  readonly body: () => Promise<void>;
}

/** The test that fails, and with what. */
interface Conviction {
  readonly by: string;
  readonly how: string;
}

const opening =
  (open: typeof openFsLog, wrap: (disk: Disk) => Disk = (disk) => disk): Open =>
  (disk) =>
    open('/log', { disk: wrap(disk), segmentBytes: 4096 });

function fixtureOf(open: Open): LogFixture {
  return {
    name: 'fslog with a bug',
    capabilities: {
      reopen: true,
      exclusion: 'locked',
      maxRecordBytes: 1_000_000,
      configurableLimit: false,
      crash: { open, extras: [ROLL, SYNC] },
    },
    place: async () => ({
      open: () => Promise.reject(new Error('only the simulated disk is used')),
      destroy: async () => undefined,
    }),
  };
}

/** The first test of the group that fails, and why; `undefined` if none does. Those of APPEND-8 have the disk fail. */
async function convict(open: Open, isFailing: boolean): Promise<Conviction | undefined> {
  const tests: Collected[] = [];
  const runner = {
    describe: (_: string, body: () => void) => body(),
    test: (title: string, body: () => Promise<void>) => void tests.push({ title, body }),
  };
  crashGroup(runner, fixtureOf(open), { seed: SEED });
  const bytes = new RepeatableBytes();
  bytes.install();
  try {
    return await firstFailure(tests, isFailing);
  } finally {
    bytes.uninstall();
  }
}

async function firstFailure(
  tests: readonly Collected[],
  isFailing: boolean,
): Promise<Conviction | undefined> {
  for (const { title, body } of tests) {
    if (title.startsWith('APPEND-8') !== isFailing) continue;
    const error = await body().catch((reason: Error) => reason);
    if (error !== undefined) return { by: title, how: error.message.split('\n')[0] ?? '' };
  }
  return undefined;
}

const table: Record<string, Conviction> = {};

async function judge(name: string, open: Open, isFailing = false): Promise<void> {
  const found = await convict(open, isFailing);
  table[name] = {
    by: found?.by.slice(0, 50) ?? 'needs more',
    how: found?.how.slice(0, 60) ?? '',
  };
  if (!NEED_MORE.has(name)) expect(found).toBeDefined();
}

describe('the crash group convicts fslog of a bug', () => {
  let sources: MutatedFsLog;

  beforeAll(async () => {
    sources = await mutatedFsLog();
  });

  afterAll(async () => {
    await sources.remove();
    console.table(table);
  });

  const bugs = PLANTED_BUGS.filter(({ needs }) => needs !== 'zombie');
  it.each(bugs.map((bug) => [bug.name, bug] as const))('%s', { timeout }, (name, { wrap, needs }) =>
    judge(name, opening(openFsLog, wrap), needs === 'faults'),
  );

  const mutants = SOURCE_MUTANTS.filter(({ name }) => MUTANTS.has(name));
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    '%s',
    { timeout },
    async (name, mutant) => judge(name, opening((await sources.load([mutant])).openFsLog)),
  );
});
