/** A moment: how many calls and returns there were before. */
export type Moment = number;

/** From a call to its return; a call that never returned may take effect at any time, or never. */
export interface Interval {
  readonly call: Moment;
  returned: Moment;
}

/** What became of a change: it was done, it was not and never will be, or nobody knows. */
export type Outcome = 'done' | 'void' | 'unknown';

/** A writer changes the log. */
export type Change =
  | { readonly kind: 'append'; readonly firstId: number; readonly payloads: readonly string[] }
  | { readonly kind: 'truncate'; readonly lastToKeep: number }
  | { readonly kind: 'trim'; readonly discardUpTo: number };

/** A change, as its writer saw it. */
export type ChangeCall = Interval & Change & { outcome: Outcome };

/** How far a log reaches. */
export interface Extent {
  readonly firstId: number;
  readonly nextId: number;
}

/** A writer that opened the log: what it found, and what it did, in the order of its calls. */
export interface Ownership extends Interval, Extent {
  readonly owner: string;
  readonly epoch: number;
  readonly changes: ChangeCall[];
}

/** What somebody saw, at some moment between. */
export type Observation = Interval &
  (
    | { readonly kind: 'record'; readonly id: number; readonly payload: string }
    | ({ readonly kind: 'extent' } & Extent)
  );

/** What all clients of a log did and saw, with the moments of calls and returns. */
export class History {
  readonly ownerships: Ownership[] = [];
  readonly observations: Observation[] = [];
  #now: Moment = 0;

  /** Something happens now. */
  tick(): Moment {
    return this.#now++;
  }

  /** A writer has opened the log. */
  opened(owner: string, call: Moment, epoch: number, extent: Extent): Ownership {
    const ownership = { ...extent, owner, call, epoch, returned: this.tick(), changes: [] };
    this.ownerships.push(ownership);
    return ownership;
  }

  /** An owner calls for a change. What becomes of it is unknown until it says. */
  begin(ownership: Ownership, change: Change): ChangeCall {
    const call = this.tick();
    const begun = { ...change, call, returned: Number.POSITIVE_INFINITY, outcome: 'unknown' };
    ownership.changes.push(begun as ChangeCall);
    return begun as ChangeCall;
  }

  /** It returns. One of unknown outcome may still take effect. */
  end(change: ChangeCall, outcome: Outcome): void {
    const now = this.tick();
    change.outcome = outcome;
    if (outcome !== 'unknown') change.returned = now;
  }

  sawRecord(call: Moment, id: number, payload: string): void {
    this.observations.push({ kind: 'record', id, payload, call, returned: this.tick() });
  }

  sawExtent(call: Moment, { firstId, nextId }: Extent): void {
    this.observations.push({ kind: 'extent', firstId, nextId, call, returned: this.tick() });
  }
}
