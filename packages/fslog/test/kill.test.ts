import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FsLogOptions } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { inParallel } from './process/in-parallel.ts';
import { expectPossible, killAt, prepareScenarios } from './process/kill-run.ts';
import { KillTally } from './process/kill-tally.ts';
import { keepFresh } from './process/tickets.ts';
import { WRITER_OPTIONS } from './process/writer-options.ts';
import { compileForProcesses } from './support/compiled-sources.ts';
import { temporaryDirectory } from './support/temporary-log.ts';
import { seededRandom, WorkloadModel } from './support/workload.ts';
import { MOMENTS } from './support/workload-orders.ts';
import { PossibleOutcomes } from './support/workload-outcomes.ts';
import { WorkloadWriter } from './support/workload-writer.ts';

const { FSLOG_KILLS, FSLOG_SEED } = process.env;
/** How often a writer is killed; `FSLOG_KILLS=1000 npx vitest run …` for more. */
const KILLS = Number(FSLOG_KILLS ?? 120);
/** What to replay: random kills come at other moments, the calls are the same. */
const SEED = Number(FSLOG_SEED ?? Math.floor(Math.random() * 1e6));
const KILLS_A_LOG = 8;
const AT_ONCE = 3;
const LIMIT_MS = 60_000 + KILLS * 2000;

compileForProcesses();

/** `count` of the items, evenly spread. */
function spread<T>(items: readonly T[], count: number, random: (below: number) => number): T[] {
  if (count >= items.length) return [...items];
  const start = random(items.length);
  const at = (i: number): number => (start + Math.floor((i * items.length) / count)) % items.length;
  return Array.from({ length: count }, (_, i) => items[at(i)] as T);
}

/** `count` items, all of them before any comes again. */
function repeated<T>(items: readonly T[], count: number): T[] {
  return Array.from({ length: count }, (_, i) => items[i % items.length] as T);
}

/** A log whose writers are killed one after the other, half of them before anyone has looked at it. */
async function oftenKilled(
  directory: string,
  random: (below: number) => number,
  tally: KillTally,
): Promise<void> {
  let outcomes = new PossibleOutcomes(new WorkloadModel(1, []));
  let history: string[] = [];
  for (let kill = 0; kill < KILLS_A_LOG; kill++) {
    const seed = random(100_000);
    const options = WRITER_OPTIONS[random(WRITER_OPTIONS.length)] as FsLogOptions;
    // Early ones die while they open the log.
    const isEarly = random(4) === 0;
    const nth = random(isEarly ? 60 : 600);
    const moment = MOMENTS[random(MOMENTS.length)] as (typeof MOMENTS)[number];
    const interruption = { nth, moment, signal: 'SIGKILL' } as const;
    const isChosen = random(2) === 0;
    const orders = { directory, options, seed, ...(isChosen ? { interruption } : {}) };
    const writer = new WorkloadWriter(orders);
    if (isChosen) await writer.end();
    else await writer.said(isEarly ? 1 : 3 + random(150));
    if (isEarly && !isChosen) await sleep(random(30));
    expect(await writer.kill()).toBe('killed');
    await keepFresh(directory);
    tally.killed(writer.interruptedAt, writer.lines);
    history.push(JSON.stringify(orders));
    const what = `seed ${SEED}, ${history.join(', then ')}`;
    try {
      outcomes.follow(writer.lines);
    } catch (error) {
      throw new Error(`${what}: ${error}`);
    }
    if (kill > 0) tally.reopened(writer.lines);
    if (kill < KILLS_A_LOG - 1 && random(2) === 0) continue;
    outcomes = new PossibleOutcomes(await expectPossible(directory, outcomes, tally, what));
    history = [];
  }
}

describe('CRASH-1 acknowledged ⊆ recovered ⊆ acknowledged + in flight', () => {
  test(
    `writers killed at chosen calls to the system, seed ${SEED}`,
    async () => {
      const random = seededRandom(SEED);
      const root = await temporaryDirectory();
      const scenarios = await prepareScenarios(root);
      const all = MOMENTS.flatMap((_, round) =>
        scenarios.flatMap((scenario) =>
          scenario.changes.map((nth, i) => {
            const moment = MOMENTS[(i + round + SEED) % MOMENTS.length];
            return { scenario, nth, moment: moment as (typeof MOMENTS)[number] };
          }),
        ),
      );
      const calls = all.length / MOMENTS.length;
      const count = Math.ceil((KILLS * 2) / 3);
      // Every call at one moment comes before any at another.
      const chosen =
        count < calls ? spread(all.slice(0, calls), count, random) : repeated(all, count);
      const tally = new KillTally();
      const missed: string[] = [];
      await inParallel(
        chosen.map(({ scenario, nth, moment }, i) => async () => {
          const isKilled = await killAt(scenario, nth, moment, join(root, String(i)), tally);
          if (!isKilled) missed.push(`${scenario.what}, ${moment} call ${nth}`);
        }),
        AT_ONCE,
      );
      const covered = `${Math.min(chosen.length, calls)} of ${calls} calls`;
      tally.print(`killed at ${covered}, seed ${SEED}`);
      expect(missed).toEqual([]);
    },
    LIMIT_MS,
  );

  test(
    `writers killed at random moments and random calls, again and again, seed ${SEED}`,
    async () => {
      const random = seededRandom(SEED);
      const root = await temporaryDirectory();
      const tally = new KillTally();
      const logs = Math.ceil(KILLS / 3 / KILLS_A_LOG);
      await inParallel(
        Array.from({ length: logs }, (_, i) => {
          const ownRandom = seededRandom(random(2 ** 31));
          return async () => {
            const directory = join(root, String(i));
            await oftenKilled(directory, ownRandom, tally);
            await rm(directory, { recursive: true });
          };
        }),
        AT_ONCE,
      );
      tally.print(`killed at random, seed ${SEED}`);
      expect(tally.kills).toBe(logs * KILLS_A_LOG);
    },
    LIMIT_MS,
  );
});
