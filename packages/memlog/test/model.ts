import type { Log, LogError } from '@wal/core';
import { contents } from './records.ts';

/** One call of a random run, and what became of it. */
export interface Call {
  readonly kind: 'append' | 'truncate' | 'trim';
  /** The records of an append; the id that a truncate or trim was given. */
  readonly records: readonly string[];
  readonly id: number;
  /** `nextId` just before the call. */
  readonly nextId: number;
  outcome: 'pending' | 'ok' | LogError['code'];
}

/** A log as an array, and the plainest way to change it. */
export class Model {
  trimMark = 0;
  records: string[] = [];

  get nextId(): number {
    return this.trimMark + this.records.length + 1;
  }

  apply({ kind, records, id }: Call): void {
    if (kind === 'append') {
      this.records.push(...records);
    } else if (kind === 'truncate') {
      this.records.length = Math.min(this.records.length, Math.max(id - this.trimMark, 0));
    } else if (id > this.trimMark) {
      this.records.splice(0, id - this.trimMark);
      this.trimMark = id;
    }
  }

  state(): string {
    const first = this.trimMark + 1;
    return JSON.stringify([this.nextId, this.records.map((text, i) => `${first + i}=${text}`)]);
  }
}

export async function stateOf(log: Log): Promise<string> {
  return JSON.stringify([log.nextId, await contents(log)]);
}

/** The log after all calls that succeeded. */
export function acknowledged(calls: readonly Call[]): Model {
  const model = new Model();
  for (const call of calls) if (call.outcome === 'ok') model.apply(call);
  return model;
}

/** All logs that may be found after a crash: what succeeded, and the first few calls that were lost. */
export function recoverable(calls: readonly Call[]): string[] {
  const model = acknowledged(calls);
  const states = [model.state()];
  for (const call of calls) {
    const lost = call.kind === 'append' ? 'ERR_LOG_OUTCOME_UNKNOWN' : 'ERR_LOG_FAILED';
    if (call.outcome !== lost) continue;
    model.apply(call);
    states.push(model.state());
  }
  return states;
}
