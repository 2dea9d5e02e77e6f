import { setImmediate } from 'node:timers/promises';
import {
  checkIteratorOptions,
  type IteratorOptions,
  isLogError,
  LogError,
  type LogIterator,
  type LogRecord,
  type LogView,
  TruncationHistory,
} from '@wal/core';
import { ArrayLog } from '../array-log.ts';
import { type Mutant, mutant } from './mutant.ts';
import { PatchedIterator } from './patched-iterator.ts';

type Patch = (inner: LogIterator, options: IteratorOptions, log: ArrayLog) => LogIterator;

/** A log whose iterators are patched. */
function iterating(clause: string, name: string, patch: Patch): Mutant {
  return mutant(
    clause,
    name,
    class extends ArrayLog {
      override iterator(options?: IteratorOptions) {
        return patch(super.iterator(options), options ?? {}, this);
      }
    },
  );
}

/** A log whose iterators are given other options. */
function optioned(
  clause: string,
  name: string,
  change: (options: IteratorOptions, log: ArrayLog) => IteratorOptions,
): Mutant {
  return mutant(
    clause,
    name,
    class extends ArrayLog {
      override iterator(options?: IteratorOptions) {
        checkIteratorOptions(options);
        return super.iterator(change(options ?? {}, this));
      }
    },
  );
}

/** A log whose view is changed. */
function viewed(clause: string, name: string, change: (view: LogView) => LogView): Mutant {
  return mutant(
    clause,
    name,
    class extends ArrayLog {
      override view() {
        return change(super.view());
      }
    },
  );
}

/** The view, with other methods: its getters stay what they are. */
function patched(view: LogView, methods: Partial<LogView>): LogView {
  return Object.assign(Object.create(view) as LogView, methods);
}

const DONE = { done: true, value: undefined } as const;

export const iterateMutants: readonly Mutant[] = [
  iterating('ITERATE-1', 'the fifth record is left out', (inner) => {
    let count = 0;
    return new (class extends PatchedIterator {
      override async next() {
        if (++count === 5) await super.next();
        return super.next();
      }
    })(inner);
  }),
  iterating('ITERATE-1', 'every run repeats the last record of the one before', (inner) => {
    let last: LogRecord | undefined;
    return new (class extends PatchedIterator {
      override async nextBatch() {
        const run = await super.nextBatch();
        const repeated = last === undefined || run.length === 0 ? run : [last, ...run];
        last = run.at(-1);
        return repeated;
      }
    })(inner);
  }),
  optioned('ITERATE-2', 'start is exclusive', (options) =>
    options.start === undefined ? options : { ...options, start: options.start + 1 },
  ),
  optioned('ITERATE-2', 'a start below the first record gives nothing', (options, log) =>
    (options.start ?? Infinity) < (log.firstId ?? 0) ? { ...options, start: 1, end: 0 } : options,
  ),
  optioned('ITERATE-3', 'end is exclusive', (options) =>
    options.end === undefined ? options : { ...options, end: Math.max(0, options.end - 1) },
  ),
  optioned('ITERATE-3', 'the end is what was the last record at the start', (options, log) =>
    options.follow === true ? options : { ...options, end: options.end ?? log.lastId },
  ),
  iterating(
    'ITERATE-4',
    'an iterator at the end goes on when more comes',
    (inner, options, log) => {
      let last = -1;
      return new (class extends PatchedIterator {
        override async next() {
          const result = await super.next();
          if (result.done !== true) last = result.value.id;
          else if (log.lastId !== undefined && log.lastId > last && options.end === undefined) {
            this.inner = log.iterator({ start: last + 1 });
          }
          return result;
        }
      })(inner);
    },
  ),
  iterating('ITERATE-4', 'nextBatch forgets what next was given', (inner, options, log) => {
    let batches: LogIterator | undefined;
    return new (class extends PatchedIterator {
      override nextBatch() {
        batches ??=
          options.follow === true ? inner : ArrayLog.prototype.iterator.call(log, options);
        return batches.nextBatch();
      }
    })(inner);
  }),
  iterating('ITERATE-5', 'every other next is answered later', (inner) => {
    let calls = 0;
    return new (class extends PatchedIterator {
      override async next() {
        const isLate = ++calls % 2 === 1;
        const result = await super.next();
        if (isLate) await setImmediate();
        return result;
      }
    })(inner);
  }),
  iterating('ITERATE-6', 'return does not end the iterator', (inner) => {
    return new (class extends PatchedIterator {
      override async return() {
        return DONE;
      }
    })(inner);
  }),
  iterating('ITERATE-6', 'return rejects with the error of next', (inner) => {
    let failure: { error: unknown } | undefined;
    return new (class extends PatchedIterator {
      override async next() {
        return super.next().catch((error: unknown) => {
          failure = { error };
          throw error;
        });
      }
      override async return() {
        if (failure !== undefined) throw failure.error;
        return super.return();
      }
    })(inner);
  }),
  mutant(
    'ITERATE-7',
    'a new iterator ends the one before',
    class extends ArrayLog {
      #before: LogIterator | undefined;
      override iterator(options?: IteratorOptions) {
        this.#before?.return().catch(() => {});
        this.#before = super.iterator(options);
        return this.#before;
      }
    },
  ),
  iterating('ITERATE-8', 'an iterator that failed goes on from the trim mark', (inner, _, log) => {
    return new (class extends PatchedIterator {
      override async next() {
        return super.next().catch((error: unknown) => {
          if (isLogError(error, 'ERR_LOG_TRIMMED')) this.inner = log.iterator();
          throw error;
        });
      }
    })(inner);
  }),
  mutant(
    'ITERATE-9',
    'iterators go on with records that took truncated ids',
    class extends ArrayLog {
      override readonly truncations = new (class extends TruncationHistory {
        override lowestSince() {
          return undefined;
        }
      })();
    },
  ),
  mutant(
    'ITERATE-9',
    'TRUNCATED carries the first id removed',
    class extends ArrayLog {
      override readonly truncations = new (class extends TruncationHistory {
        override lowestSince(version: number) {
          const keptTo = super.lowestSince(version);
          return keptTo === undefined ? undefined : keptTo + 1;
        }
      })();
    },
  ),
  iterating('ITERATE-10', 'an iterator gives what it read ahead', (inner, options) => {
    let ahead: Promise<IteratorResult<LogRecord, undefined>> | undefined;
    return new (class extends PatchedIterator {
      override next() {
        const result = ahead ?? super.next();
        ahead = options.follow === true ? undefined : result.then(() => super.next());
        ahead?.catch(() => {});
        return result;
      }
    })(inner);
  }),
  mutant(
    'ITERATE-10',
    'any truncate ends every iterator above it',
    class extends ArrayLog {
      override applyTruncate(lastToKeep: number) {
        this.truncations.record(lastToKeep);
        super.applyTruncate(lastToKeep);
      }
    },
  ),
  iterating('ITERATE-11', 'trimmed ids are left out without a word', (inner, options, log) => {
    return new (class extends PatchedIterator {
      override async next(): Promise<IteratorResult<LogRecord, undefined>> {
        try {
          return await super.next();
        } catch (error) {
          if (!isLogError(error, 'ERR_LOG_TRIMMED')) throw error;
          this.inner = ArrayLog.prototype.iterator.call(log, options);
          return super.next();
        }
      }
    })(inner);
  }),
  iterating('ITERATE-11', 'a trim overtakes iterators that gave nothing', (inner, options, log) => {
    const { trimMark } = (log as unknown as { view(): LogView }).view();
    let isFresh = true;
    return new (class extends PatchedIterator {
      override async next() {
        const { trimMark: now } = (log as unknown as { view(): LogView }).view();
        if (isFresh && now > trimMark && (options.start ?? 0) <= now) {
          throw new LogError('ERR_LOG_TRIMMED', 'trimmed', { firstId: now + 1 });
        }
        isFresh = false;
        return super.next();
      }
    })(inner);
  }),
  mutant(
    'ITERATE-12',
    'bad options come out of next',
    class extends ArrayLog {
      override iterator(options?: IteratorOptions) {
        try {
          return super.iterator(options);
        } catch (error) {
          const iterator = super.iterator();
          iterator.next = () => Promise.reject(error);
          return iterator;
        }
      }
    },
  ),
  mutant(
    'ITERATE-12',
    'iterator throws on a closed log',
    class extends ArrayLog {
      override iterator(options?: IteratorOptions) {
        this.check(undefined);
        return super.iterator(options);
      }
    },
  ),
];

export const followMutants: readonly Mutant[] = [
  viewed('FOLLOW-1', 'a record between the look and the wait is missed', (view) =>
    patched(view, {
      changed: async (signal) => {
        await setImmediate();
        await view.changed(signal);
      },
    }),
  ),
  optioned('FOLLOW-1', 'follow is not looked at', (options) => ({ ...options, follow: false })),
  optioned('FOLLOW-2', 'a follower begins at nextId at the latest', (options, log) =>
    options.follow === true && (options.start ?? 0) > log.nextId
      ? { ...options, start: log.nextId }
      : options,
  ),
  optioned('FOLLOW-3', 'a follower does not end', (options) =>
    options.follow === true ? { ...options, end: undefined } : options,
  ),
  mutant(
    'FOLLOW-4',
    'a follower does not notice close',
    class extends ArrayLog {
      override notify() {
        if (this.closing === undefined) super.notify();
      }
    },
  ),
  iterating('FOLLOW-4', 'return waits for the record that next waits for', (inner) => {
    let pending: Promise<unknown> | undefined;
    return new (class extends PatchedIterator {
      override next() {
        const result = super.next();
        pending = result.catch(() => {});
        return result;
      }
      override async return() {
        await pending;
        return super.return();
      }
    })(inner);
  }),
  iterating('FOLLOW-4', 'an abort rejects with an error of its own', (inner, { signal }) => {
    return new (class extends PatchedIterator {
      override async next() {
        return super.next().catch((error: unknown) => {
          throw signal?.aborted === true ? new DOMException('aborted', 'AbortError') : error;
        });
      }
    })(inner);
  }),
  mutant(
    'FOLLOW-5',
    'a follower does not notice truncates and trims',
    class extends ArrayLog {
      #isAppend = false;
      override store(records: readonly Uint8Array[]) {
        super.store(records);
        this.#isAppend = true;
      }
      override notify() {
        if (this.#isAppend || this.closing !== undefined) super.notify();
        this.#isAppend = false;
      }
    },
  ),
];
