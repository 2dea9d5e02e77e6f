import { WorkloadModel } from '../support/workload.ts';
import { contentOfModel, type LogContent } from './log-content.ts';
import type { WriterReport } from './writer-report.ts';

/** A state that the log came to, and when: in entries of the device's write log. */
interface Step {
  readonly model: WorkloadModel;
  readonly content: LogContent;
  /** At this many entries or more the call that led to it had begun. */
  readonly begun: number;
  /** With this many entries durable it had been acknowledged; `undefined`: never. */
  readonly acknowledged: number | undefined;
}

/** States that a log may be found in. */
export type PossibleStates = readonly Pick<Step, 'model' | 'content'>[];

/** What broke the contract. */
export class Violation extends Error {}

/** The states that a log went through on a device that was recorded, in their order. */
export class Timeline {
  readonly #steps: Step[] = [];

  /** The log is in one of these states to begin with; which one the first opening tells. */
  constructor(alternatives: readonly WorkloadModel[] = [new WorkloadModel(1, [])]) {
    for (const model of alternatives) this.#add(model, 0, undefined);
  }

  #add(model: WorkloadModel, begun: number, acknowledged: number | undefined): void {
    this.#steps.push({ model, content: contentOfModel(model), begun, acknowledged });
  }

  /** Adds all that a writer did. */
  add({ opening, opened, calls }: WriterReport): void {
    if (opened === undefined) return; // Killed before: what it found nobody knows.
    const possible = this.#between(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    const state = possible.find(({ content }) => content === opened.found);
    if (state === undefined) {
      throw new Violation(
        `a writer found ${opened.found}, which is none of ${contentsOf(possible)}`,
      );
    }
    const model = state.model.copy();
    this.#add(model.copy(), opening, opened.at);
    for (const { call, begun, acknowledged } of calls) {
      model.apply(call);
      this.#add(model.copy(), begun, acknowledged);
    }
  }

  /** acknowledged ⊆ recovered ⊆ acknowledged + in flight, of so many entries, the first of them `durable`. */
  possible(durable: number, entries: number): PossibleStates {
    return this.#between(durable, entries);
  }

  #between(durable: number, entries: number): Step[] {
    const first = this.#steps.findLastIndex(
      ({ acknowledged }) => acknowledged !== undefined && acknowledged <= durable,
    );
    const last = this.#steps.findLastIndex(({ begun }) => begun <= entries);
    return this.#steps.slice(Math.max(first, 0), last + 1);
  }
}

export function contentsOf(states: PossibleStates): string {
  return [...new Set(states.map(({ content }) => content))].join(', ');
}
