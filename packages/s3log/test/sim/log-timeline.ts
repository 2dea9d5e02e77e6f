import type { Change, Extent, Interval, Observation, Ownership } from './history.ts';

/** A record, in the states from one on up to, not including, another. */
interface Stay {
  readonly since: number;
  until: number;
}

/** What is done to the log, one after the other. */
type Step = Change | ({ readonly kind: 'open' } & Extent);

/**
 * The log as a sequence of states, each the one before with one step done: what a log would be for a single client.
 * A step keeps the order of time if none before it was called after it had returned.
 */
export class LogTimeline {
  readonly #steps: Interval[] = [];
  /** Of all steps. */
  #latestCall = -1;
  readonly #extents: Extent[] = [];
  readonly #stays = new Map<string, Stay[]>();
  readonly #current = new Map<number, Stay>();

  constructor(start: Extent) {
    this.#extents.push(start);
  }

  get end(): Extent {
    return this.#extents.at(-1) as Extent;
  }

  /** Does a step. @returns false if no log does that now, or if the order of time forbids it: then nothing is done. */
  take(step: Step, interval: Interval): boolean {
    const { firstId, nextId } = this.end;
    if (step.kind === 'open' && (step.firstId !== firstId || step.nextId !== nextId)) return false;
    if (step.kind === 'append' && step.firstId !== nextId) return false;
    // What changes nothing tells nobody anything: also a former owner, who does not know it yet, may do that.
    if (changesNothing(step, this.end)) return true;
    if (this.#latestCall > interval.returned) return false;
    this.#latestCall = Math.max(this.#latestCall, interval.call);
    this.#steps.push(interval);
    this.#extents.push(this.#after(step));
    return true;
  }

  /** Whether something was to be seen in a state that may have been the log's between call and return. */
  shows(seen: Observation): boolean {
    const least = 1 + this.#steps.findLastIndex(({ returned }) => returned < seen.call);
    const later = this.#steps.findIndex(({ call }) => call > seen.returned);
    const most = later < 0 ? this.#steps.length : later;
    if (seen.kind === 'record') {
      const stays = this.#stays.get(`${seen.id}=${seen.payload}`) ?? [];
      return stays.some(({ since, until }) => since <= most && until > least);
    }
    return this.#extents
      .slice(least, most + 1)
      .some(({ firstId, nextId }) => firstId === seen.firstId && nextId === seen.nextId);
  }

  #after(step: Step): Extent {
    const { firstId, nextId } = this.end;
    const state = this.#steps.length;
    switch (step.kind) {
      case 'append':
        for (const [i, payload] of step.payloads.entries()) this.#add(nextId + i, payload, state);
        return { firstId, nextId: nextId + step.payloads.length };
      case 'truncate': {
        const next = Math.min(nextId, Math.max(step.lastToKeep + 1, firstId));
        this.#remove(next, nextId, state);
        return { firstId, nextId: next };
      }
      case 'trim': {
        const first = Math.max(firstId, step.discardUpTo + 1);
        this.#remove(firstId, first, state);
        return { firstId: first, nextId: Math.max(nextId, first) };
      }
      case 'open':
        return { firstId, nextId };
    }
  }

  #add(id: number, payload: string, since: number): void {
    const stay = { since, until: Number.POSITIVE_INFINITY };
    this.#current.set(id, stay);
    const name = `${id}=${payload}`;
    this.#stays.set(name, [...(this.#stays.get(name) ?? []), stay]);
  }

  #remove(from: number, to: number, until: number): void {
    for (let id = from; id < to; id++) {
      const stay = this.#current.get(id);
      if (stay !== undefined) stay.until = until;
      this.#current.delete(id);
    }
  }
}

function changesNothing(step: Step, { firstId, nextId }: Extent): boolean {
  if (step.kind === 'truncate') return nextId <= Math.max(step.lastToKeep + 1, firstId);
  return step.kind === 'trim' && step.discardUpTo < firstId;
}

/** The step with which an owner begins. */
export function opening({ firstId, nextId }: Ownership): Step {
  return { kind: 'open', firstId, nextId };
}
