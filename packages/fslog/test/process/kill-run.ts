import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { dataOf, WorkloadModel } from '../support/workload.ts';
import type {
  Interruption,
  SystemCall,
  WorkloadLine,
  WorkloadOrders,
  WorkloadScript,
} from '../support/workload-orders.ts';
import { PossibleOutcomes } from '../support/workload-outcomes.ts';
import { WorkloadWriter } from '../support/workload-writer.ts';
import { LEFT_BEHIND, NEXT_LIFE, SCENARIO_OPTIONS, WHOLE_LIFE } from './kill-scenarios.ts';
import type { KillTally } from './kill-tally.ts';
import { keepFresh } from './tickets.ts';

/** What a writer is killed in the middle of. */
export interface KillScenario {
  readonly what: string;
  readonly script: WorkloadScript;
  /** The log that it finds, and what the one said that left it. */
  readonly found:
    | { readonly directory: string; readonly lines: readonly WorkloadLine[] }
    | undefined;
  /** The numbers of the calls to the system that it makes when it is not killed, and that change something. */
  readonly changes: readonly number[];
}

/** Calls in the background come and go: the last few are not reached in every run. */
const MAX_TRIES = 20;

/** Killed at any other call a writer leaves what it leaves at the next of these. */
const CHANGING = new Set([
  'fdatasync',
  'fsync',
  'ftruncate',
  'link',
  'mkdir',
  'openat',
  'pwrite64',
  'rename',
  'rmdir',
  'unlink',
  'utimensat',
  'write',
]);

function changesAmong(calls: readonly SystemCall[]): number[] {
  return calls.flatMap(({ name }, nth) => (CHANGING.has(name) ? nth : []));
}

/**
 * Opens a log that a killed writer left, as the next writer does: it does not wait for a heartbeat to grow old. It must be one of those that it may be, it
 * must take records, and a reader must see them. Gives what it is now.
 */
export async function expectPossible(
  directory: string,
  outcomes: PossibleOutcomes,
  tally: KillTally,
  what: string,
): Promise<WorkloadModel> {
  await keepFresh(directory);
  const started = performance.now();
  const log = await openFsLog(directory);
  tally.reopenings.push(performance.now() - started);
  let model: WorkloadModel;
  try {
    model = await outcomes.found(log, what);
    const call = { call: 'append', seed: model.nextId, sizes: [10] } as const;
    await log.append(dataOf(call.seed, call.sizes));
    model.apply(call);
  } finally {
    await log.close();
  }
  // CRASH-2: what was found once is found again.
  const reader = await openFsLog(directory, { readOnly: true });
  try {
    await new PossibleOutcomes(model).found(reader, `${what}, read again`);
  } finally {
    await reader.close();
  }
  return model;
}

/** All scenarios: a log's whole life, and what the next writer does with each kind of log left behind. */
export async function prepareScenarios(root: string): Promise<KillScenario[]> {
  const systemCalls = await tryOut(join(root, 'whole-life'), WHOLE_LIFE);
  const scenarios: KillScenario[] = [
    {
      what: 'a whole life',
      script: WHOLE_LIFE,
      found: undefined,
      changes: changesAmong(systemCalls),
    },
  ];
  for (const { what, of, during, moment } of LEFT_BEHIND) {
    const directory = join(root, what.replaceAll(' ', '-'));
    const matching = systemCalls.filter(({ name, file }) => `${name} ${file}` === of);
    const nth = matching.findLastIndex((call) => call.during === during);
    const interruption = { of, nth, moment, signal: 'SIGKILL' } as const;
    const found = await leaveBehind(directory, interruption, during);
    const copy = `${directory}-tried-out`;
    await cp(found.directory, copy, { recursive: true });
    scenarios.push({
      what: `after ${what}`,
      script: NEXT_LIFE,
      found,
      changes: changesAmong(await tryOut(copy, NEXT_LIFE)),
    });
  }
  return scenarios;
}

/** A log whose writer was killed while it did what it should. What is done in the background counts, too. */
async function leaveBehind(directory: string, interruption: Interruption, during: string) {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const tried = `${directory}-${tries}`;
    const writer = new WorkloadWriter({ ...ordersOf(tried, WHOLE_LIFE), interruption });
    const end = await writer.end();
    if (end === 'killed' && writer.interruptedAt?.during === during) {
      return { directory: tried, lines: writer.lines };
    }
  }
  throw new Error(`nobody was killed at ${interruption.of} during ${during}`);
}

function ordersOf(directory: string, script: WorkloadScript): WorkloadOrders {
  return { directory, options: SCENARIO_OPTIONS, seed: 0, script };
}

async function tryOut(directory: string, script: WorkloadScript): Promise<readonly SystemCall[]> {
  const writer = new WorkloadWriter(ordersOf(directory, script));
  const end = await writer.end();
  const last = writer.lines.at(-1);
  if (end !== 'finished' || last?.say !== 'finished') throw new Error('a writer did not finish');
  return last.systemCalls;
}

/**
 * Lets a writer kill itself at one call to its system, and looks at what it left. One that makes fewer calls is killed
 * at its last, or before. Gives whether it came to that.
 */
export async function killAt(
  scenario: KillScenario,
  nth: number,
  moment: Interruption['moment'],
  directory: string,
  tally: KillTally,
): Promise<boolean> {
  let at = nth;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const calls = await tryToKillAt(scenario, at, moment, directory, tally);
    if (calls === undefined) return true;
    at = Math.max(0, Math.min(at, calls - 1 - tries));
  }
  return false;
}

/** Gives how many calls it made, if it was not killed. */
async function tryToKillAt(
  scenario: KillScenario,
  nth: number,
  moment: Interruption['moment'],
  directory: string,
  tally: KillTally,
): Promise<number | undefined> {
  const outcomes = new PossibleOutcomes(new WorkloadModel(1, []));
  if (scenario.found !== undefined) {
    await cp(scenario.found.directory, directory, { recursive: true });
    await keepFresh(directory);
    outcomes.follow(scenario.found.lines);
  }
  const interruption = { nth, moment, signal: 'SIGKILL' } as const;
  const writer = new WorkloadWriter({ ...ordersOf(directory, scenario.script), interruption });
  const isKilled = (await writer.end()) === 'killed';
  if (isKilled) tally.killed(writer.interruptedAt, writer.lines);
  const what = `${scenario.what}, ${moment} call ${nth}, ${JSON.stringify(writer.interruptedAt)}`;
  try {
    outcomes.follow(writer.lines);
  } catch (error) {
    throw new Error(`${what}: ${error}`);
  }
  tally.reopened(writer.lines);
  await expectPossible(directory, outcomes, tally, what);
  await rm(directory, { recursive: true });
  const last = writer.lines.at(-1);
  return last?.say === 'finished' ? last.systemCalls.length : undefined;
}
