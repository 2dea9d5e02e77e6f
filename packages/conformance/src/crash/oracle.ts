import type { Log } from '@wal/core';
import { isSameState, type LogState, showState } from './log-state.ts';

/**
 * How an operation ended. `absent`: its error says that it did not happen. `unknown`: it may have, and
 * nothing behind it did.
 */
export type Outcome = 'pending' | 'done' | 'absent' | 'unknown';

export interface Operation {
  readonly text: string;
  /** What it makes of a state. */
  readonly apply: (state: LogState) => LogState;
  /**
   * `append`s may be lost in the modes that do not sync each; a `barrier`, once done, saves all before it;
   * an `extra` has no part in the order of the others.
   */
  readonly kind: 'append' | 'trim' | 'truncate' | 'barrier' | 'extra';
  outcome: Outcome;
  /** What was called later and resolved earlier. */
  overtakenBy?: string;
}

/** Knows what a log may hold after a crash (CRASH-1): acknowledged ⊆ recovered ⊆ acknowledged + in flight. */
export class Oracle {
  readonly #isStrict: boolean;
  readonly #mayRefuse: boolean;
  #bases: readonly LogState[];
  #operations: Operation[] = [];
  readonly history: string[] = [];

  /**
   * `isStrict`: what is acknowledged is durable. Otherwise a suffix of the appends since a barrier may go. `mayRefuse`:
   * storage may have refused an append whose caller has not heard of it yet.
   */
  constructor(base: LogState, isStrict: boolean, mayRefuse = false) {
    this.#bases = [base];
    this.#isStrict = isStrict;
    this.#mayRefuse = mayRefuse;
  }

  begin(text: string, kind: Operation['kind'], apply: Operation['apply']): Operation {
    const operation: Operation = { text, apply, kind, outcome: 'pending' };
    this.#operations.push(operation);
    return operation;
  }

  /** Notes how an operation ended. What resolves does so in call order (ORDER-2). */
  end(operation: Operation, outcome: Outcome): void {
    operation.outcome = outcome;
    this.history.push(`${operation.text}: ${outcome}`);
    if (outcome !== 'done' || operation.kind === 'extra') return;
    if (operation.overtakenBy !== undefined) {
      throw new Error(`${operation.text} resolved after ${operation.overtakenBy}`);
    }
    for (const other of this.#operations) {
      if (other === operation) break;
      const isOvertaken =
        other.outcome === 'pending' && ['append', 'trim', 'truncate'].includes(other.kind);
      if (isOvertaken) other.overtakenBy = operation.text;
    }
  }

  /** From now on the log is known to hold just this: it was opened, and read. */
  rebase(state: LogState): void {
    this.#bases = [state];
    this.#operations = [];
    this.history.push(`opened with ${showState(state)}`);
  }

  /** From now on the log holds one of what it may hold now: its process is gone. */
  crash(): void {
    this.#bases = this.allowed();
    this.#operations = [];
    this.history.push('crash');
  }

  /** What an idle log holds: everything that was not refused, in call order. */
  get present(): LogState {
    let state = this.#bases[0] as LogState;
    for (const { outcome, apply } of this.#operations) if (outcome === 'done') state = apply(state);
    return state;
  }

  /** Throws unless an idle log that holds `state` holds what it must. */
  checkPresent(state: LogState): void {
    const { present } = this;
    if (isSameState(state, present)) return;
    throw new Error(`reads ${showState(state)}\nmust be ${showState(present)}`);
  }

  /**
   * Notes that a read is called. @returns what gives the states that it may have seen, once it is answered: that
   * of the call, and what each operation made of it since, done or not.
   */
  beginRead(): () => readonly LogState[] {
    const operations = this.#operations;
    const before = this.present;
    const done = new Set(operations.filter(({ outcome }) => outcome === 'done'));
    return () => {
      let state = before;
      const states = [state];
      for (const operation of operations) {
        if (operation.outcome === 'absent' || done.has(operation)) continue;
        state = operation.apply(state);
        states.push(state);
      }
      return states;
    };
  }

  /** What may be found after a crash now. */
  allowed(): readonly LogState[] {
    return this.#bases.flatMap((base) =>
      this.#isStrict ? this.#prefixes(base) : this.#suffixesLost(base),
    );
  }

  /** All that is done, and then the rest one by one in call order. */
  #prefixes(base: LogState): LogState[] {
    let state = base;
    const open: Operation[] = [];
    for (const operation of this.#operations) {
      if (operation.outcome === 'done') state = operation.apply(state);
      else if (operation.outcome !== 'absent') open.push(operation);
    }
    const states = [state, ...oneByOne(state, open)];
    if (!this.#mayRefuse) return states;
    // From one that was refused up to some later call no append is there, and every truncate and trim is.
    for (let from = 0; from < open.length; from++) {
      for (let to = from + 1; to <= open.length; to++) {
        const left = open.filter(({ kind }, i) => kind !== 'append' || i < from || i >= to);
        states.push(...oneByOne(state, left));
      }
    }
    return distinct(states);
  }

  #suffixesLost(base: LogState): LogState[] {
    let saved = base;
    let rest: Operation[] = [];
    let reached = base;
    for (const operation of this.#operations) {
      if (operation.outcome === 'absent') continue;
      rest.push(operation);
      if (operation.outcome !== 'done') continue;
      const before = reached;
      reached = operation.apply(reached);
      const isSaving =
        operation.kind === 'truncate' ? reached !== before : operation.kind === 'barrier';
      if (!isSaving) continue;
      saved = reached;
      rest = [];
    }
    const states: LogState[] = [];
    for (let cut = 0; cut <= rest.length; cut++) {
      for (let trims = cut; trims <= rest.length; trims++) {
        let state = saved;
        rest.forEach(({ kind, outcome, apply }, i) => {
          const isKept = i < cut || (kind === 'trim' && (outcome === 'done' || i < trims));
          if (isKept) state = apply(state);
        });
        states.push(state);
      }
    }
    return distinct(states);
  }
}

/** What each of the operations makes of the state, after those before it. */
function oneByOne(start: LogState, operations: readonly Operation[]): LogState[] {
  const states: LogState[] = [];
  let state = start;
  for (const { apply } of operations) {
    const next = apply(state);
    if (next !== state) states.push(next);
    state = next;
  }
  return states;
}

function distinct(states: readonly LogState[]): LogState[] {
  const found: LogState[] = [];
  for (const state of states) {
    if (!found.some((other) => isSameState(other, state))) found.push(state);
  }
  return found;
}

/** The place of `state` in `allowed`; throws if it is none of them. `what` begins the message. */
export function checkAllowed(state: LogState, allowed: readonly LogState[], what?: string): number {
  const index = allowed.findIndex((other) => isSameState(other, state));
  if (index >= 0) return index;
  const prefix = what === undefined ? '' : `${what}: `;
  throw new Error(
    `${prefix}found ${showState(state)}\nallowed ${allowed.map(showState).join('\n     or ')}`,
  );
}

/**
 * Of what is allowed, what remains so in view of what the log's readers can see already (READ-1). Throws if that
 * is nothing, unless the log `isOver`: one that lost its storage or its owner goes on showing what it had.
 */
export function visibleStates(
  allowed: readonly LogState[],
  { firstId, lastId }: Pick<Log, 'firstId' | 'lastId'>,
  isOver: boolean,
): readonly LogState[] {
  const from = allowed.findIndex((state) =>
    state.records.length === 0
      ? firstId === undefined
      : state.firstId === firstId && state.nextId - 1 === lastId,
  );
  if (from >= 0) return allowed.slice(from);
  if (isOver) return allowed;
  const states = allowed.map(showState).join('\n     or ');
  throw new Error(`readers see ${firstId} to ${lastId}\nallowed ${states}`);
}
