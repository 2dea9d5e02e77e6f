import { setImmediate } from 'node:timers/promises';
import {
  type AppendInput,
  type AppendResult,
  isLogError,
  LogError,
  MAX_RECORD_ID,
  type OperationOptions,
} from '@wal/core';
import { ArrayLog, type ArrayLogOptions, type ArrayStorage, type LogState } from '../array-log.ts';
import { type Mutant, mutant } from './mutant.ts';

type Input = AppendInput | readonly AppendInput[];

function withoutId(input: AppendInput): AppendInput {
  return input instanceof Uint8Array || input?.data === undefined ? input : { data: input.data };
}

export const idMutants: readonly Mutant[] = [
  mutant(
    'IDS-1',
    'a first id of 0 counts as none given',
    class extends ArrayLog {
      constructor(storage: ArrayStorage, options: ArrayLogOptions) {
        super(storage, { ...options, firstId: options.firstId || 1 });
      }
    },
  ),
  mutant(
    'IDS-2',
    'lastId of an empty log is nextId - 1',
    class extends ArrayLog {
      override get lastId() {
        return this.durable().nextId - 1;
      }
    },
  ),
  mutant(
    'IDS-3',
    'nextId counts durable records only',
    class extends ArrayLog {
      override get nextId() {
        return this.durable().nextId;
      }
    },
  ),
  mutant(
    'IDS-4',
    'nextId starts over after trim-all',
    class extends ArrayLog {
      override plannedTrim(state: LogState, discardUpTo: number) {
        super.plannedTrim(state, discardUpTo);
        if (discardUpTo === state.nextId - 1) state.nextId = 1;
      }
    },
  ),
  mutant(
    'IDS-4',
    'nextId of an empty log is forgotten when reopened',
    class extends ArrayLog {
      override release() {
        if (this.storage.data.length === 0) this.storage.trimMark = 0;
        super.release();
      }
    },
  ),
  mutant(
    'IDS-5',
    'a batch is stored last record first',
    class extends ArrayLog {
      override store(records: readonly Uint8Array[]) {
        super.store([...records].reverse());
      }
    },
  ),
  mutant(
    'IDS-6',
    'explicit ids are not looked at',
    class extends ArrayLog {
      override checked(input: Input) {
        return super.checked(
          Array.isArray(input) ? input.map(withoutId) : withoutId(input as AppendInput),
        );
      }
    },
  ),
  mutant(
    'IDS-6',
    'expectedId is the id of the batch, not of the record',
    class extends ArrayLog {
      override checked(input: Input) {
        try {
          return super.checked(input);
        } catch (error) {
          if (!isLogError(error, 'ERR_LOG_NON_SEQUENTIAL')) throw error;
          throw new LogError(error.code, error.message, { expectedId: this.nextId });
        }
      }
    },
  ),
  mutant(
    'IDS-7',
    'ids go on after the last',
    class extends ArrayLog {
      override checked(input: Input) {
        if (this.nextId <= MAX_RECORD_ID) return super.checked(input);
        return [new Uint8Array(1)];
      }
    },
  ),
];

export const appendMutants: readonly Mutant[] = [
  mutant(
    'APPEND-1',
    'append resolves before the record is there',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions) {
        const firstId = this.nextId;
        const done = super.append(input, options);
        if (this.nextId === firstId) return done;
        done.catch(() => {});
        return { firstId, lastId: this.nextId - 1 };
      }
    },
  ),
  mutant(
    'APPEND-2',
    'the records before a refused one are written',
    class extends ArrayLog {
      override checked(input: Input) {
        try {
          return super.checked(input);
        } catch (error) {
          const first: unknown = Array.isArray(input) ? input[0] : undefined;
          if (first instanceof Uint8Array) super.append(first).catch(() => {});
          throw error;
        }
      }
    },
  ),
  mutant(
    'APPEND-3',
    'lastId of the result is one too many for a batch',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions): Promise<AppendResult> {
        const { firstId, lastId } = await super.append(input, options);
        return { firstId, lastId: lastId > firstId ? lastId + 1 : lastId };
      }
    },
  ),
  mutant(
    'APPEND-4',
    'the caller’s buffer is kept',
    class extends ArrayLog {
      override copied(records: readonly Uint8Array[]) {
        return records;
      }
    },
  ),
  mutant(
    'APPEND-4',
    'the caller’s buffer is copied when it is stored',
    class extends ArrayLog {
      override copied(records: readonly Uint8Array[]) {
        return records;
      }
      override store(records: readonly Uint8Array[]) {
        super.store(super.copied(records));
      }
    },
  ),
  mutant(
    'APPEND-4',
    'large buffers are kept',
    class extends ArrayLog {
      override copied(records: readonly Uint8Array[]) {
        return records.map((data) => (data.length > 65_536 ? data : data.slice()));
      }
    },
  ),
  mutant(
    'APPEND-5',
    'empty records are dropped',
    class extends ArrayLog {
      override checked(input: Input) {
        return super.checked(input).filter(({ length }) => length > 0);
      }
    },
  ),
  mutant(
    'APPEND-5',
    'a record’s trailing zeros are lost',
    class extends ArrayLog {
      override copied(records: readonly Uint8Array[]) {
        return records.map((data) => data.slice(0, data.findLastIndex((byte) => byte !== 0) + 1));
      }
    },
  ),
  mutant(
    'APPEND-6',
    'append of none takes an id',
    class extends ArrayLog {
      override checked(input: Input) {
        const records = super.checked(input);
        return records.length === 0 ? [new Uint8Array(0)] : records;
      }
    },
  ),
  mutant(
    'APPEND-7',
    'a view’s whole buffer is appended',
    class extends ArrayLog {
      override copied(records: readonly Uint8Array[]) {
        return records.map((data) => new Uint8Array(data.buffer.slice(0)));
      }
    },
  ),
  mutant(
    'APPEND-7',
    'a batch is read a moment after the call',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions) {
        await undefined;
        return super.append(input, options);
      }
    },
  ),
  mutant(
    'APPEND-8',
    'what storage refused is stored all the same',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions) {
        const records = this.storage.isFull ? this.checked(input) : [];
        return super.append(input, options).finally(() => this.store(records));
      }
    },
  ),
  mutant(
    'APPEND-8',
    'a failed append takes the last acknowledged record with it',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions) {
        const isFull = this.storage.isFull;
        return super.append(input, options).finally(() => {
          if (isFull) this.storage.data.pop();
        });
      }
    },
  ),
];

export const orderMutants: readonly Mutant[] = [
  mutant(
    'ORDER-1',
    'truncate does not wait for the appends before it',
    class extends ArrayLog {
      override async truncate(lastToKeep: number, options?: OperationOptions) {
        this.check(options);
        if (lastToKeep >= -1) this.applyTruncate(lastToKeep);
        await super.truncate(lastToKeep, options);
        this.applyTruncate(Number.MAX_SAFE_INTEGER);
      }
      override plannedTruncate(state: LogState, lastToKeep: number) {
        if (state === this.planned && lastToKeep < this.durable().nextId) {
          super.plannedTruncate(state, lastToKeep);
        }
      }
    },
  ),
  mutant(
    'ORDER-1',
    'trim overtakes the truncate before it',
    class extends ArrayLog {
      override async trim(discardUpTo: number, options?: OperationOptions) {
        const done = super.trim(discardUpTo, options);
        if (Number.isSafeInteger(discardUpTo)) this.applyTrim(discardUpTo);
        return done;
      }
    },
  ),
  mutant(
    'ORDER-2',
    'a large append resolves later than those after it',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions) {
        const isLarge = input instanceof Uint8Array && input.length > 4000;
        const result = await super.append(input, options);
        for (let i = 0; isLarge && i < 10; i++) await setImmediate();
        return result;
      }
    },
  ),
  mutant(
    'ORDER-2',
    'a truncate that removes nothing resolves at once',
    class extends ArrayLog {
      override async truncate(lastToKeep: number, options?: OperationOptions) {
        this.check(options);
        if (lastToKeep >= this.nextId - 1 && Number.isSafeInteger(lastToKeep)) return;
        await super.truncate(lastToKeep, options);
      }
    },
  ),
  mutant(
    'ORDER-3',
    'the seventeenth append at once gets the bytes of the one before',
    class extends ArrayLog {
      #inFlight = 0;
      #before: readonly Uint8Array[] = [];
      override checked(input: Input) {
        const own = super.checked(input);
        const records = this.#inFlight === 16 ? own.map((one, i) => this.#before[i] ?? one) : own;
        this.#before = own;
        return records;
      }
      override async append(input: Input, options?: OperationOptions) {
        const done = super.append(input, options);
        this.#inFlight++;
        return done.finally(() => {
          this.#inFlight--;
        });
      }
    },
  ),
  mutant(
    'ORDER-4',
    'a refused append fails the next one too',
    class extends ArrayLog {
      #error: unknown;
      override checked(input: Input) {
        const error = this.#error;
        this.#error = undefined;
        if (error !== undefined) throw error;
        try {
          return super.checked(input);
        } catch (refusal) {
          this.#error = refusal;
          throw refusal;
        }
      }
    },
  ),
];
