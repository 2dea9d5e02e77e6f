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
  mutant(
    'APPEND-9',
    'a log goes on after a failure of unknown outcome',
    class extends ArrayLog {
      override async append(input: Input, options?: OperationOptions) {
        const { nextId: firstId } = this;
        if (!this.storage.isFull) return super.append(input, options);
        throw new LogError('ERR_LOG_OUTCOME_UNKNOWN', 'who knows', { firstId });
      }
    },
  ),
];
