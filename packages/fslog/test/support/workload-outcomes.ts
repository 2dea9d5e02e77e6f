import type { FsLog } from '@wal/fslog';
import { readAll } from './records.ts';
import { digestOf, type WorkloadCall, type WorkloadModel } from './workload.ts';
import type { WorkloadLine } from './workload-orders.ts';

interface Pending {
  readonly number: number;
  readonly call: WorkloadCall;
}

/**
 * What a log may hold after what its writers said: acknowledged ⊆ recovered ⊆ acknowledged + in flight. Calls
 * take effect in their order, so those in flight did up to some call, and not behind it.
 */
export class PossibleOutcomes {
  #models: readonly WorkloadModel[];
  #pending: readonly Pending[] = [];
  #failed: string | undefined;

  constructor(initial: WorkloadModel) {
    this.#models = [initial.copy()];
  }

  /** Takes into account what one writer said, from the first line to the last that is known. */
  follow(lines: readonly WorkloadLine[]): void {
    for (const line of lines) this.#follow(line);
    this.#settle();
  }

  /** The one that a log is. It throws if that is none of them, and otherwise the log stays that one. */
  async found(log: FsLog, what: string): Promise<WorkloadModel> {
    const records = await readAll(log);
    const { nextId } = log;
    const model = this.#models.find((each) => each.equals(records, nextId));
    if (model === undefined) {
      const ids = `${records[0]?.id}…${records.at(-1)?.id}`;
      throw new Error(`${what}: found ${ids}, next ${nextId}, which is none of ${this.#text()}`);
    }
    this.#models = [model];
    return model.copy();
  }

  #follow(line: WorkloadLine): void {
    if (line.say === 'opened') this.#opened(line);
    else if (line.say === 'begin') this.#pending = [...this.#pending, line];
    else if (line.say === 'end') this.#acknowledged(line.number);
    else if (line.say === 'failed') this.#notAcknowledged(line);
  }

  #opened(line: WorkloadLine & { say: 'opened' }): void {
    this.#settle();
    const { firstId, nextId, digest } = line;
    // Of an empty log the first id is the next one.
    const fitting = this.#models.filter(
      (each) =>
        each.nextId === nextId && each.firstId === firstId && digestOf(each.records) === digest,
    );
    if (fitting.length === 0) {
      throw new Error(`a writer found ${firstId}…${nextId - 1}, which is none of ${this.#text()}`);
    }
    this.#models = fitting;
  }

  #acknowledged(number: number): void {
    const [first, ...rest] = this.#pending;
    // ORDER-2: calls are acknowledged in their order.
    if (first?.number !== number) throw new Error(`${number} was acknowledged out of order`);
    if (this.#failed !== undefined) {
      throw new Error(`${number} was acknowledged after ${this.#failed}`);
    }
    for (const model of this.#models) model.apply(first.call);
    this.#pending = rest;
  }

  #notAcknowledged({ number, code }: WorkloadLine & { say: 'failed' }): void {
    this.#failed ??= `${number} failed with ${code}`;
    const call = this.#pending.find((each) => each.number === number)?.call;
    // An append that fails is absent unless it says that it may not be.
    const isAbsent = call?.call === 'append' && code !== 'ERR_LOG_OUTCOME_UNKNOWN';
    if (isAbsent) this.#pending = this.#pending.filter((each) => each.number !== number);
  }

  /** No more is heard of what is in flight: it may have been done or not. */
  #settle(): void {
    this.#models = this.#models.flatMap((model) => {
      const going = model.copy();
      const outcomes = [model];
      for (const { call } of this.#pending) {
        going.apply(call);
        outcomes.push(going.copy());
      }
      return outcomes;
    });
    this.#pending = [];
    this.#failed = undefined;
  }

  #text(): string {
    return this.#models.map((each) => `${each.firstId}…${each.nextId - 1}`).join(', ');
  }
}
