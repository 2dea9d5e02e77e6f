import { closeSync, constants, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FsLogOptions, openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { lookInto } from './kernel/look-into.ts';
import { PossibleLogs } from './kernel/possible-logs.ts';
import { run } from './kernel/programs.ts';
import { Victim } from './kernel/victim.ts';
import { inParallel } from './process/in-parallel.ts';
import { expectPossible } from './process/kill-run.ts';
import { KillTally } from './process/kill-tally.ts';
import { ticketPath } from './process/tickets.ts';
import { WRITER_OPTIONS } from './process/writer-options.ts';
import { compileForProcesses } from './support/compiled-sources.ts';
import { rejection } from './support/errors.ts';
import { temporaryDirectory } from './support/temporary-log.ts';
import { seededRandom, WorkloadModel } from './support/workload.ts';
import { MOMENTS, type WorkloadLine } from './support/workload-orders.ts';
import { PossibleOutcomes } from './support/workload-outcomes.ts';
import { WorkloadWriter } from './support/workload-writer.ts';

const { FSLOG_TAKEOVERS, FSLOG_SEED } = process.env;
/** How many writers are suspended; all at the same time, so that the wait is one. */
const TAKEOVERS = Number(FSLOG_TAKEOVERS ?? 8);
const AT_ONCE = 3;
const SEED = Number(FSLOG_SEED ?? Math.floor(Math.random() * 1e6));
/** A heartbeat older than this is stale. The first one may be a second ahead of the clock. */
const STALE_MS = 10_000;
const AHEAD_MS = 1100;
/** The one bound on what is waited for. */
const LIMIT_MS = 120_000 + TAKEOVERS * 4000;
/** What shows that a writer is at work. */
const LINES = 20;
const LOST = ['ERR_LOG_FENCED', 'ERR_LOG_OUTCOME_UNKNOWN'];

compileForProcesses();

interface Stalled {
  readonly writer: WorkloadWriter;
  readonly directory: string;
  readonly options: FsLogOptions;
  readonly what: string;
}

/** Starts a writer and suspends it: at a random moment, or at a call to its system. */
async function stall(directory: string, number: number): Promise<Stalled> {
  const random = seededRandom(SEED + number);
  const options = WRITER_OPTIONS[random(WRITER_OPTIONS.length)] as FsLogOptions;
  const moment = MOMENTS[random(MOMENTS.length)] as (typeof MOMENTS)[number];
  // One of four while it opens the log.
  const nth = number % 4 === 0 ? 5 + random(40) : 60 + random(300);
  const interruption = { nth, moment, signal: 'SIGSTOP' } as const;
  const isChosen = number % 2 === 0;
  const seed = random(100_000);
  const orders = { directory, options, seed, ...(isChosen ? { interruption } : {}) };
  const writer = new WorkloadWriter(orders);
  if (isChosen) {
    await writer.suspended();
  } else {
    await writer.said(3 + random(60), LIMIT_MS);
    await writer.suspend();
  }
  const at = JSON.stringify(writer.interruptedAt ?? 'a random moment');
  const what = `seed ${SEED}, writer ${number}, stalled at ${at}, ${JSON.stringify(orders)}`;
  return { writer, directory, options, what };
}

/** Whether a call may come to nothing, and then succeed in a log that was lost: an empty roll, an empty truncate. */
function mayBeEmpty({ call }: WorkloadLine & { say: 'begin' }): boolean {
  return call.call === 'roll' || call.call === 'truncate';
}

/**
 * What a writer that lost the log may have done to it: not what it began when it had lost it, which it must
 * not acknowledge.
 */
function effective(writer: WorkloadWriter, linesBefore: number): WorkloadLine[] {
  const late = new Map<number, WorkloadLine & { say: 'begin' }>();
  for (const line of writer.lines.slice(linesBefore)) {
    if (line.say === 'begin') late.set(line.number, line);
  }
  return writer.lines.filter((line) => {
    const begun = 'number' in line ? late.get(line.number) : undefined;
    if (begun !== undefined && line.say === 'end' && !mayBeEmpty(begun)) {
      throw new Error(`acknowledged when the log was lost: ${JSON.stringify(begun)}`);
    }
    return begun === undefined;
  });
}

function expectLost({ lines }: WorkloadWriter): void {
  const codes = lines.flatMap((line) =>
    line.say === 'failed' || line.say === 'refused' ? line.code : [],
  );
  expect(codes.length).toBeGreaterThan(0);
  for (const code of codes) expect([...LOST, 'ERR_LOG_LOCKED']).toContain(code);
}

/** Waits until a writer has said more. */
async function goesOn(writer: WorkloadWriter): Promise<void> {
  const enough = writer.lines.length + LINES;
  await writer.said(enough, LIMIT_MS);
  expect(writer.lines.length).toBeGreaterThanOrEqual(enough);
}

/** Takes a log over from a writer that is suspended, lets that one go on, and looks at what came of it. */
async function takeOver(stalled: Stalled, tally: KillTally): Promise<string> {
  const { writer, directory, options } = stalled;
  const taker = new WorkloadWriter({ directory, options, seed: SEED + 1, patienceMs: 5000 });
  await goesOn(taker);
  const linesBefore = writer.lines.length; // All that it had said has arrived by now.
  writer.resume();
  // While one owns the log no more, the other goes on.
  const loser = await Promise.race([
    writer.finished().then(() => 'writer'),
    taker.finished().then(() => 'taker'),
  ]);
  await goesOn(loser === 'writer' ? taker : writer);
  await writer.kill();
  await taker.kill();
  const outcomes = new PossibleOutcomes(new WorkloadModel(1, []));
  if (loser === 'writer') {
    expectLost(writer);
    outcomes.follow(effective(writer, linesBefore));
    outcomes.follow(taker.lines);
    expect(taker.lines.filter(({ say }) => say === 'failed')).toEqual([]);
  } else {
    // It was opening the log: then it takes back what it had not given up, and the other learns of it.
    expect(writer.lines.slice(0, linesBefore).some(({ say }) => say === 'begin')).toBe(false);
    expectLost(taker);
    outcomes.follow(taker.lines);
    outcomes.follow(writer.lines);
  }
  await expectPossible(directory, outcomes, tally, 'when all was over');
  expect(taker.lines.filter(({ say }) => say === 'end').length).toBeGreaterThan(0);
  const at = writer.interruptedAt;
  const place = at === undefined ? 'random moment' : `${at.name} ${at.file} (${at.during})`;
  return `${place}, lost by the ${loser === 'writer' ? 'first' : 'second'}`;
}

/** Starts a writer and lets it block its event loop. Gives what looks whether it was taken over. */
async function blocked(directory: string): Promise<() => Promise<void>> {
  const pipe = `${directory}-blocked`;
  run('mkfifo', pipe);
  const writer = await Victim.start();
  await writer.succeed({ call: 'open', directory });
  await writer.succeed({ call: 'append', seed: 1, sizes: [10] });
  const [isBlocked] = writer.send({ call: 'block', pipe });
  writer.send({ call: 'append', seed: 2, sizes: [20] });
  writer.send({ call: 'close' });
  return async () => {
    const ticket = await ticketPath(directory);
    const ageMs = async (): Promise<number> => Date.now() - (await stat(ticket)).mtimeMs;
    while ((await ageMs()) <= STALE_MS) await sleep(100);
    // It is seen to run.
    const error = await rejection(openFsLog(directory), 'ERR_LOG_LOCKED');
    expect(error.holder?.pid).toBe(writer.pid);
    expect(isBlocked?.outcome).toBeUndefined();
    // Fails if nobody reads from it.
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
    expect(await writer.end()).toBe('exited 0');
    for (const { outcome } of writer.steps) expect(outcome).toHaveProperty('value');
    const possible = new PossibleLogs();
    possible.follow(writer.steps);
    const log = await openFsLog(directory);
    possible.found(await lookInto(log), 'blocked');
    await log.close();
  };
}

describe('OPEN-2 a writer that does nothing for longer than a lock lives', () => {
  test(
    `${TAKEOVERS} that are suspended are taken over, one that is blocked is not, seed ${SEED}`,
    async () => {
      const root = await temporaryDirectory();
      const tally = new KillTally();
      const all: Stalled[] = [];
      for (let i = 0; i < TAKEOVERS; i++) all.push(await stall(join(root, String(i)), i));
      const lookAtBlocked = await blocked(join(root, 'blocked'));
      await sleep(STALE_MS + AHEAD_MS);
      await lookAtBlocked();
      const places: string[] = [];
      await inParallel(
        all.map((stalled) => async () => {
          const place = takeOver(stalled, tally).catch((error: unknown) => {
            throw new Error(`${stalled.what}: ${error}`);
          });
          places.push(await place);
        }),
        AT_ONCE,
      );
      console.info(`${TAKEOVERS} taken over, suspended at\n${places.sort().join('\n')}`);
    },
    LIMIT_MS,
  );
});
