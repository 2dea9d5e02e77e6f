import { type WorkloadCall, WorkloadModel } from '../support/workload.ts';
import type { VictimStep } from './victim.ts';
import {
  type FoundLog,
  heardLog,
  type Outcome,
  type SaidLog,
  type VictimCall,
} from './victim-calls.ts';

/** Codes of a call that changed nothing, for certain. */
const UNCHANGED = new Set([
  'ERR_LOG_NO_SPACE',
  'ERR_LOG_READ_ONLY',
  'ERR_LOG_CLOSED',
  'ERR_LOG_NON_SEQUENTIAL',
  'ERR_LOG_TOO_LARGE',
]);

/**
 * The logs that a directory may hold after calls that came to what they came to: acknowledged ⊆ recovered ⊆
 * acknowledged + in flight. Everything that breaks the contract on the way throws.
 */
export class PossibleLogs {
  /** Where every call made so far took effect that may have. */
  #going: WorkloadModel[];
  /** Where one did not, and with it none behind it: its handle writes no more. */
  #stopped: WorkloadModel[] = [];
  /** The first failure of the handle that ended its writing. */
  #poison: string | undefined;
  #isReader = false;

  constructor(initial = new WorkloadModel(1, [])) {
    this.#going = [initial.copy()];
  }

  /** Takes into account what a victim did. Of its calls that have no outcome each may have happened. */
  follow(steps: readonly Pick<VictimStep, 'call' | 'outcome'>[]): void {
    for (const { call, outcome } of steps) this.#step(call, outcome);
  }

  /** A handle that was opened anew writes whatever the one before it came to. */
  nextHandle(): void {
    this.#going.push(...this.#stopped);
    this.#stopped = [];
    this.#poison = undefined;
  }

  /** Takes into account what a log was found to hold: it will hold that ever after. */
  found(found: FoundLog, what: string): void {
    const fitting = this.#find(this.#all, found, what);
    this.#going = this.#going.filter((each) => fitting.includes(each));
    this.#stopped = this.#stopped.filter((each) => fitting.includes(each));
  }

  get #all(): WorkloadModel[] {
    return [...this.#going, ...this.#stopped];
  }

  #find(models: readonly WorkloadModel[], found: FoundLog, what: string): WorkloadModel[] {
    const fitting = models.filter((each) => each.equals(found.records, found.nextId));
    if (fitting.length > 0) return fitting;
    const ends = models.map((each) => `${each.firstId}…${each.nextId - 1}`).join(', ');
    const ids = `${found.records[0]?.id}…${found.records.at(-1)?.id}`;
    throw new Error(`${what}: found ${ids}, next ${found.nextId}, which is none of ${ends}`);
  }

  #step(call: VictimCall, outcome: Outcome | undefined): void {
    if (outcome?.isSkipped === true) return;
    if (outcome?.message !== undefined && outcome.code === undefined) {
      throw new Error(`${call.call}: not a LogError, but ${outcome.message}`);
    }
    if (call.call === 'open') {
      this.nextHandle();
      this.#isReader = call.options?.readOnly === true;
    }
    if (call.call === 'read') this.#read(outcome);
    else if (call.call === 'append' || call.call === 'truncate' || call.call === 'trim') {
      this.#change(call, outcome);
    } else if (outcome?.code === 'ERR_LOG_FAILED') this.#poison ??= outcome.message;
  }

  #read(outcome: Outcome | undefined): void {
    if (outcome?.value === undefined) return;
    const found = heardLog(outcome.value as SaidLog);
    const { nextId } = found;
    const all = this.#all;
    if (this.#isReader) {
      const shown = all.map((model) => upTo(model, nextId));
      this.#find(shown, found, 'reading beside a writer');
    } else if (this.#poison !== undefined) {
      this.#find(all, found, 'reading'); // It does not show what it left on the disk.
    } else {
      this.found(found, 'reading');
    }
  }

  #change(call: WorkloadCall, outcome: Outcome | undefined): void {
    if (outcome?.value !== undefined) {
      if (this.#poison !== undefined) {
        throw new Error(`${call.call} succeeded after ${this.#poison}`);
      }
      for (const model of this.#going) model.apply(call);
      return;
    }
    const { code } = outcome ?? {};
    if (code !== undefined && UNCHANGED.has(code)) return;
    const isUnknown = code === undefined || code === 'ERR_LOG_OUTCOME_UNKNOWN';
    // An append that failed is absent; a truncate or a trim that ended the handle's writing is there or not.
    const mayHaveHappened = isUnknown || (call.call !== 'append' && this.#poison === undefined);
    if (outcome !== undefined) this.#poison ??= outcome.message;
    if (!mayHaveHappened) return;
    this.#stopped.push(...this.#going.map((model) => model.copy()));
    for (const model of this.#going) model.apply(call);
  }
}

/** What of a log a reader may have to go by: the last records show once a writer has marked them. */
function upTo(model: WorkloadModel, nextId: number): WorkloadModel {
  const count = Math.max(0, nextId - model.firstId);
  return new WorkloadModel(model.firstId, model.records.slice(0, count));
}
