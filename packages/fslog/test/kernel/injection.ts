import { rmSync } from 'node:fs';
import { openFsLog } from '@wal/fslog';
import { dataOf, type WorkloadModel } from '../support/workload.ts';
import { lookInto } from './look-into.ts';
import { PossibleLogs } from './possible-logs.ts';
import { attach, DISK_CALLS, type DiskCallName, readTrace, type TracedCall } from './strace.ts';
import { Victim, type VictimStep } from './victim.ts';
import type { VictimCall } from './victim-calls.ts';

/** What the kernel is made to say, without doing the call. */
export const FAULTS = ['EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'EROFS', 'EINTR', 'nothing'] as const;

export type Fault = (typeof FAULTS)[number];

/** One fault at one call of a run. */
export interface Injection {
  readonly name: DiskCallName;
  readonly fault: Fault;
  /** Which of the calls of that name, counted from 1. */
  readonly at: number;
  /** Whether every later one of that name fails too. */
  readonly isLasting: boolean;
}

/** What a run does, and what the log held before. */
export interface Scenario {
  readonly calls: readonly (readonly VictimCall[])[];
  readonly directory: string;
  readonly before: WorkloadModel;
}

/** What a run came to. */
export interface InjectedRun {
  /** The calls that were made to fail, or merely traced. */
  readonly calls: readonly TracedCall[];
  /** How many of the log's calls failed by our doing. */
  readonly injected: number;
  /** The codes that the victim's calls were rejected with. */
  readonly codes: readonly string[];
  /** What broke the contract. */
  readonly violation: string | undefined;
}

export function describeInjection({ name, fault, at, isLasting }: Injection): string {
  return `${name} ${fault} at ${at}${isLasting ? ' and after' : ''}`;
}

/** Whether a fault can come out of a call at all, and says something true. */
export function isPossible(name: DiskCallName, fault: Fault): boolean {
  // 0 of a write is the one count that is true of a call that was not made; of other calls it means success.
  return fault !== 'nothing' || name === 'pwrite64' || name === 'write';
}

/** `write` is also how the pool wakes the main thread, and EINTR means try again: that would not end. */
export function canLast(name: DiskCallName, fault: Fault): boolean {
  return name !== 'write' && fault !== 'EINTR' && fault !== 'nothing';
}

/** Whether a call is one by which the pool wakes the main thread: nothing of the log's. */
export function isWaking(text: string): boolean {
  return text.includes('eventfd');
}

function filterOf(injection: Injection | undefined): string[] {
  if (injection === undefined) return ['-e', `trace=${DISK_CALLS.join()}`];
  const { name, fault, at, isLasting } = injection;
  const action = fault === 'nothing' ? 'retval=0' : `error=${fault}`;
  const when = `${at}${isLasting ? '+' : ''}`;
  return ['-e', `trace=${name}`, '-e', `inject=${name}:${action}:when=${when}`];
}

/** Lets a victim run a scenario, with a fault or just looking on, and judges what it did and left. */
export async function runInjected(
  scenario: Scenario,
  injection: Injection | undefined,
): Promise<InjectedRun> {
  const tracePath = `${scenario.directory}.trace`;
  const victim = await Victim.start();
  const tracing = await attach(victim.diskThread, tracePath, filterOf(injection));
  for (const calls of scenario.calls) victim.send(...calls);
  const how = await victim.end();
  await tracing.ended;
  const traced = readTrace(tracePath);
  const hit = traced.filter(({ text }) => text.includes('(INJECTED)'));
  const isAside = hit.some(({ text }) => isWaking(text));
  let violation: string | undefined;
  if (!isAside) {
    try {
      refuseBadEnd(victim, how, injection);
      if (injection !== undefined) refuseBadErrors(victim.steps, injection, hit);
      await refuseBadLog(scenario, victim.steps);
    } catch (error) {
      violation = `${error}\n${describeSteps(victim.steps)}`;
    }
  }
  rmSync(tracePath);
  const codes = victim.steps.flatMap(({ outcome }) => outcome?.code ?? []);
  return { calls: traced, injected: isAside ? 0 : hit.length, codes, violation };
}

function describeSteps(steps: readonly VictimStep[]): string {
  const lines = steps.map(({ call, outcome }) => {
    const { isSkipped, code, message, value } = outcome ?? {};
    const result = isSkipped ? 'skipped' : (code ?? message ?? JSON.stringify(value));
    return `  ${JSON.stringify(call).slice(0, 80)} -> ${result?.slice(0, 80)}`;
  });
  return lines.join('\n');
}

function refuseBadEnd(victim: Victim, how: string, injection: Injection | undefined): void {
  const { complaints, leftOpen = ['unknown'] } = victim;
  if (how !== 'exited 0' || complaints !== '') throw new Error(`the victim ${how}: ${complaints}`);
  const silent = victim.steps.find(({ outcome }) => outcome === undefined);
  if (silent !== undefined) throw new Error(`${silent.call.call} never settled`);
  // A close that is not made leaves its descriptor open, whoever asks for it.
  if (injection?.name !== 'close' && leftOpen.length > 0) {
    throw new Error(`left open: ${leftOpen.join(', ')}`);
  }
}

const EXPECTED = new Set([
  'ERR_LOG_NO_SPACE',
  'ERR_LOG_FAILED',
  'ERR_LOG_OUTCOME_UNKNOWN',
  'ERR_LOG_READ_ONLY',
]);

function refuseBadErrors(
  steps: readonly VictimStep[],
  injection: Injection,
  hit: readonly TracedCall[],
): void {
  const isLock = hit.some(({ text }) => text.includes('/LOCK'));
  let noSpace: VictimStep | undefined;
  let isThere = false;
  for (const step of steps) {
    const { call, turn, outcome } = step;
    const { code, message } = outcome ?? {};
    if (code === undefined) {
      isThere ||= call.call === 'open';
      continue;
    }
    // A reader creates nothing: where no writer came to do it there is nothing to read.
    if (!isThere && code === 'ERR_LOG_INVALID_ARGUMENT' && call.call === 'open') continue;
    // Only a lock that could not be given back is ever found taken.
    if (!EXPECTED.has(code) && !(code === 'ERR_LOG_LOCKED' && isLock)) {
      throw new Error(`${call.call}: not to be expected: ${message}`);
    }
    if (
      code !== 'ERR_LOG_LOCKED' &&
      outcome?.errnos?.length === 0 &&
      injection.fault !== 'nothing'
    ) {
      throw new Error(`${call.call}: does not say why: ${message}`);
    }
    const isLater = noSpace !== undefined && turn > noSpace.turn;
    if (isLater && !injection.isLasting) {
      const before = noSpace?.outcome?.message;
      throw new Error(
        `${call.call} failed though the log was to go on after ${before}: ${message}`,
      );
    }
    if (code === 'ERR_LOG_NO_SPACE' && call.call !== 'open') noSpace ??= step;
  }
}

/** Opens what is left, where nothing fails, and works on it: what was acknowledged must be there. */
async function refuseBadLog(scenario: Scenario, steps: readonly VictimStep[]): Promise<void> {
  const possible = new PossibleLogs(scenario.before);
  possible.follow(steps);
  for (let round = 0; round < 2; round++) {
    const log = await openFsLog(scenario.directory);
    possible.nextHandle();
    try {
      possible.found(await lookInto(log), `opening ${round + 1}`);
      const call = { call: 'append', seed: 1_000 + round, sizes: [100] } as const;
      const outcome = { number: -1, value: await log.append(dataOf(call.seed, call.sizes)) };
      possible.follow([{ call, outcome }]);
      possible.found(await lookInto(log), `appending ${round + 1}`);
    } finally {
      await log.close();
    }
  }
}
