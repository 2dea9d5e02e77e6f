import { rm } from 'node:fs/promises';
import { inParallel } from '../process/in-parallel.ts';
import {
  describeInjection,
  type InjectedRun,
  type Injection,
  runInjected,
  type Scenario,
} from './injection.ts';
import { placeOf, placesOf, wayOf } from './injection-plan.ts';
import type { TracedCall } from './strace.ts';

/** The calls wait for the disk, for strace, and for each other: more than there are cores. */
const AT_ONCE = 4;
/** Runs until an injection is given up, and so many of them at its own place: a call may come in some runs only. */
const MAX_TRIES = 10;
const TRIES_AT_PLACE = 6;

/** Makes a scenario's directory, by a name of its own. */
export type Prepare = (name: string) => Promise<Scenario>;

/** What a sweep came to. */
export class SweepTally {
  runs = 0;
  /** Calls that failed by our doing; those that fail for good are many a run. */
  failedCalls = 0;
  /** Injections whose call did not come, however often it was tried. */
  readonly missed: string[] = [];
  readonly violations: string[] = [];
  readonly #planned: readonly Injection[];
  readonly #places = new Set<string>();
  readonly #ways = new Set<string>();
  readonly #codes = new Map<string, number>();

  constructor(planned: readonly Injection[]) {
    this.#planned = planned;
  }

  rejected(codes: readonly string[]): void {
    for (const code of codes) this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
  }

  /** The errors that came out of no call of a kind. */
  get missedWays(): string[] {
    return this.#planned.map(wayOf).filter((way) => !this.#ways.has(way));
  }

  happened(injection: Injection): void {
    this.#places.add(placeOf(injection));
    this.#ways.add(wayOf(injection));
  }

  /** The error came, and not at its place, which this run did not get to. */
  happenedBefore(injection: Injection): void {
    this.missed.push(describeInjection(injection));
    this.#ways.add(wayOf(injection));
  }

  toString(): string {
    const planned = this.#planned.length;
    const places = new Set(this.#planned.map(placeOf)).size;
    const ways = new Set(this.#planned.map(wayOf)).size;
    const codes = [...this.#codes].sort().map(([code, count]) => `${code} ${count}`);
    const missed = this.missed.length === 0 ? '' : ` (${this.missed.join(', ')})`;
    return (
      `${planned - this.missed.length} of ${planned} injections in ${this.runs} runs, ` +
      `at ${this.#places.size} of ${places} calls, in ${this.#ways.size} of ${ways} ways; ` +
      `${this.missed.length} did not come${missed}; ` +
      `${this.failedCalls} calls failed; rejections: ${codes.join(', ')}`
    );
  }
}

/**
 * Lets a scenario, which makes `calls` when nothing fails, run with each of the injections. One whose call does
 * not come is tried again: what is done in the background comes now before, now after, and the pool wakes the
 * main thread now more often, now less.
 */
export async function sweep(
  injections: readonly Injection[],
  calls: readonly TracedCall[],
  prepare: Prepare,
): Promise<SweepTally> {
  const tally = new SweepTally(injections);
  const tasks = injections.map((injection, i) => async (): Promise<void> => {
    const { name } = injection;
    const own = placesOf(calls, name).indexOf(injection.at);
    let { at } = injection;
    let isBefore = false;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const run = await runOnce({ ...injection, at }, await prepare(`${i}-${tries}`), tally);
      if (run.injected > 0) {
        if (isBefore) tally.happenedBefore(injection);
        else tally.happened(injection);
        return;
      }
      // Where it was this time; in the end the last one where there were fewer: a sync is part of a write or not, as time has it.
      const places = placesOf(run.calls, name);
      isBefore = places[own] === undefined && tries + 1 >= TRIES_AT_PLACE;
      if (places[own] !== undefined) at = places[own];
      else if (isBefore) at = places.at(-1) ?? at + 1;
    }
    tally.missed.push(describeInjection(injection));
  });
  await inParallel(tasks, AT_ONCE);
  return tally;
}

async function runOnce(
  injection: Injection,
  scenario: Scenario,
  tally: SweepTally,
): Promise<InjectedRun> {
  const run = await runInjected(scenario, injection);
  const { injected, codes, violation } = run;
  tally.runs++;
  tally.failedCalls += injected;
  tally.rejected(codes);
  if (violation !== undefined) {
    const what = `${describeInjection(injection)}: ${violation}`;
    console.warn(what); // A full sweep takes a while.
    tally.violations.push(what.slice(0, what.indexOf('\n')));
  }
  await rm(scenario.directory, { recursive: true, force: true });
  return run;
}
