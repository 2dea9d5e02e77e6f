import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { expect, test } from 'vitest';
import { lookInto } from './kernel/look-into.ts';
import { PossibleLogs } from './kernel/possible-logs.ts';
import { skipNote } from './kernel/programs.ts';
import { wholeLife } from './kernel/scenario.ts';
import { attach, CHANGING_CALLS, readTrace, whyNoStrace } from './kernel/strace.ts';
import { Victim } from './kernel/victim.ts';
import { inParallel } from './process/in-parallel.ts';
import { compileForProcesses } from './support/compiled-sources.ts';
import { temporaryDirectory } from './support/temporary-log.ts';
import { seededRandom } from './support/workload.ts';

const { FSLOG_KILLS, FSLOG_SEED } = process.env;
/** How many kills at each of the calls. */
const EACH = Math.max(1, Math.floor(Number(FSLOG_KILLS ?? 0) / 100));
const SEED = Number(FSLOG_SEED ?? Math.floor(Math.random() * 1e6));
const AT_ONCE = 2;
/** What is done in the background comes now before, now after: a run may make fewer calls than the one before. */
const MAX_TRIES = 20;

const reason = await whyNoStrace();

compileForProcesses();

/** Lets the kernel kill a writer when it makes a call, counted from 1. Gives whether it came to that. */
async function killedAt(directory: string, name: string, at: number): Promise<boolean> {
  const tracePath = `${directory}.trace`;
  const victim = await Victim.start();
  const filter = ['-e', `trace=${name}`, '-e', `inject=${name}:signal=SIGKILL:when=${at}`];
  const tracing = await attach(victim.diskThread, tracePath, filter);
  for (const calls of wholeLife(directory)) victim.send(...calls);
  const how = await victim.end();
  await tracing.ended;
  const possible = new PossibleLogs();
  possible.follow(victim.steps);
  const log = await openFsLog(directory);
  try {
    possible.nextHandle();
    possible.found(await lookInto(log), `killed at ${name} ${at}`);
  } finally {
    await log.close();
  }
  return how === 'killed by SIGKILL';
}

test.skipIf(reason !== undefined)(
  `CRASH-1 writers that the kernel kills at a call, seed ${SEED}${skipNote(reason)}`,
  async () => {
    const random = seededRandom(SEED);
    const root = await temporaryDirectory();
    // How many calls there are, of each kind.
    const victim = await Victim.start();
    const tracePath = join(root, 'trace');
    const tracing = await attach(victim.diskThread, tracePath, [
      '-e',
      `trace=${CHANGING_CALLS.join()}`,
    ]);
    for (const calls of wholeLife(join(root, 'whole-life'))) victim.send(...calls);
    await victim.end();
    await tracing.ended;
    const traced = readTrace(tracePath);
    const chosen = CHANGING_CALLS.flatMap((name) => {
      const count = traced.filter((call) => call.name === name).length;
      return Array.from({ length: Math.min(count, EACH) }, () => ({ name, at: 1 + random(count) }));
    });
    const killed: Record<string, number> = {};
    const missed: string[] = [];
    await inParallel(
      chosen.map(({ name, at }, i) => async () => {
        for (let tries = 0; tries < MAX_TRIES; tries++) {
          if (!(await killedAt(join(root, `${i}-${tries}`), name, Math.max(1, at - tries))))
            continue;
          killed[name] = (killed[name] ?? 0) + 1;
          return;
        }
        missed.push(`${name} ${at}`);
      }),
      AT_ONCE,
    );
    console.info(`killed by the kernel at ${JSON.stringify(killed)}`);
    expect(missed).toEqual([]);
  },
  60_000 + EACH * 60_000,
);
