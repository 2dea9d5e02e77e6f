import { type AppendInput, LogError, type OperationOptions } from '@wal/core';
import { ArrayLog, type LogState, MAX_BATCH_BYTES, MAX_RECORD_BYTES } from '../array-log.ts';
import { type Mutant, mutant } from './mutant.ts';

type Input = AppendInput | readonly AppendInput[];

export const truncateMutants: readonly Mutant[] = [
  mutant(
    'TRUNCATE-1',
    'truncate leaves one',
    class extends ArrayLog {
      override plannedTruncate(state: LogState, lastToKeep: number) {
        super.plannedTruncate(state, lastToKeep + 1);
      }
      override applyTruncate(lastToKeep: number) {
        super.applyTruncate(lastToKeep + 1);
      }
    },
  ),
  mutant(
    'TRUNCATE-1',
    'truncate(-1) keeps record 0',
    class extends ArrayLog {
      override plannedTruncate(state: LogState, lastToKeep: number) {
        super.plannedTruncate(state, Math.max(0, lastToKeep));
      }
      override applyTruncate(lastToKeep: number) {
        super.applyTruncate(Math.max(0, lastToKeep));
      }
    },
  ),
  mutant(
    'TRUNCATE-2',
    'truncate above the end moves nextId up',
    class extends ArrayLog {
      override plannedTruncate(state: LogState, lastToKeep: number) {
        state.nextId = Math.max(lastToKeep, state.trimMark) + 1;
      }
    },
  ),
  mutant(
    'TRUNCATE-3',
    'nextId does not go back',
    class extends ArrayLog {
      override plannedTruncate() {}
    },
  ),
  mutant(
    'TRUNCATE-3',
    'nextId goes back below the trim mark',
    class extends ArrayLog {
      override plannedTruncate(state: LogState, lastToKeep: number) {
        if (lastToKeep < state.nextId - 1) state.nextId = lastToKeep + 1;
      }
    },
  ),
  mutant(
    'TRUNCATE-4',
    'truncated records come back when reopened',
    class extends ArrayLog {
      #removed: Uint8Array[] = [];
      override applyTruncate(lastToKeep: number) {
        const before = [...this.storage.data];
        super.applyTruncate(lastToKeep);
        this.#removed = before.slice(this.storage.data.length);
      }
      override store(records: readonly Uint8Array[]) {
        super.store(records);
        this.#removed = [];
      }
      override release() {
        this.storage.data.push(...this.#removed);
        super.release();
      }
    },
  ),
  mutant(
    'TRUNCATE-4',
    'truncated records come back behind new ones when reopened',
    class extends ArrayLog {
      #removed: Uint8Array[] = [];
      override applyTruncate(lastToKeep: number) {
        const before = [...this.storage.data];
        super.applyTruncate(lastToKeep);
        this.#removed = before.slice(this.storage.data.length);
      }
      override store(records: readonly Uint8Array[]) {
        super.store(records);
        this.#removed.splice(0, records.length);
      }
      override release() {
        if (this.#removed.length < 3) this.storage.data.push(...this.#removed);
        super.release();
      }
    },
  ),
  mutant(
    'TRUNCATE-5',
    'the same truncate again removes one more',
    class extends ArrayLog {
      #before: number | undefined;
      override applyTruncate(lastToKeep: number) {
        super.applyTruncate(this.#before === lastToKeep ? lastToKeep - 1 : lastToKeep);
        this.#before = lastToKeep;
      }
    },
  ),
];

export const trimMutants: readonly Mutant[] = [
  mutant(
    'TRIM-1',
    'trim leaves k',
    class extends ArrayLog {
      override applyTrim(discardUpTo: number) {
        super.applyTrim(Math.min(discardUpTo, this.durable().nextId - 1) - 1);
      }
    },
  ),
  mutant(
    'TRIM-1',
    'trim goes by runs of four records',
    class extends ArrayLog {
      override applyTrim(discardUpTo: number) {
        super.applyTrim(
          discardUpTo >= this.nextId - 1 ? discardUpTo : discardUpTo - (discardUpTo % 4),
        );
      }
    },
  ),
  mutant(
    'TRIM-2',
    'trim stops at the last record',
    class extends ArrayLog {
      override plannedTrim(state: LogState, discardUpTo: number) {
        super.plannedTrim(state, Math.min(discardUpTo, state.nextId - 1));
      }
      override applyTrim(discardUpTo: number) {
        super.applyTrim(Math.min(discardUpTo, this.durable().nextId - 1));
      }
    },
  ),
  mutant(
    'TRIM-3',
    'a truncate below the trim mark gives trimmed ids back',
    class extends ArrayLog {
      override plannedTruncate(state: LogState, lastToKeep: number) {
        if (lastToKeep < state.nextId - 1) state.trimMark = Math.min(state.trimMark, lastToKeep);
        super.plannedTruncate(state, lastToKeep);
      }
      override applyTruncate(lastToKeep: number) {
        const { trimMark, nextId } = this.durable();
        super.applyTruncate(lastToKeep);
        if (lastToKeep < nextId - 1) this.storage.trimMark = Math.min(trimMark, lastToKeep);
      }
    },
  ),
  mutant(
    'TRIM-3',
    'trimmed records come back when reopened',
    class extends ArrayLog {
      #trimmed: Uint8Array[] = [];
      override applyTrim(discardUpTo: number) {
        const before = [...this.storage.data];
        super.applyTrim(discardUpTo);
        this.#trimmed.push(...before.slice(0, before.length - this.storage.data.length));
      }
      override release() {
        this.storage.data.unshift(...this.#trimmed);
        this.storage.trimMark = (this.storage.trimMark ?? 0) - this.#trimmed.length;
        super.release();
      }
    },
  ),
  mutant(
    'TRIM-4',
    'a lower trim brings the mark down',
    class extends ArrayLog {
      override applyTrim(discardUpTo: number) {
        const { trimMark } = this.durable();
        if (discardUpTo >= trimMark || discardUpTo === 0) return super.applyTrim(discardUpTo);
        this.storage.data.unshift(...new Array(trimMark - discardUpTo).fill(new Uint8Array(1)));
        this.storage.trimMark = discardUpTo;
      }
    },
  ),
];

export const limitMutants: readonly Mutant[] = [
  mutant(
    'LIMITS-1',
    'a record over the limit is cut to it',
    class extends ArrayLog {
      override checked(input: Input) {
        const cut = (one: AppendInput): AppendInput =>
          one instanceof Uint8Array ? one.subarray(0, this.maxRecordBytes) : one;
        return super.checked(Array.isArray(input) ? input.map(cut) : cut(input as AppendInput));
      }
    },
  ),
  mutant(
    'LIMITS-1',
    'a record of exactly the limit is refused',
    class extends ArrayLog {
      override copied(records: readonly Uint8Array[]) {
        const limit = this.maxRecordBytes;
        if (records.every(({ length }) => length < limit)) return super.copied(records);
        throw new LogError('ERR_LOG_TOO_LARGE', 'too large', { limit });
      }
    },
  ),
  mutant(
    'LIMITS-1',
    'limit is the default, not what was set',
    class extends ArrayLog {
      override checked(input: Input) {
        try {
          return super.checked(input);
        } catch (error) {
          if ((error as LogError).limit !== this.maxRecordBytes) throw error;
          throw new LogError('ERR_LOG_TOO_LARGE', 'too large', { limit: MAX_RECORD_BYTES });
        }
      }
    },
  ),
  mutant(
    'LIMITS-2',
    'batches have no limit',
    class extends ArrayLog {
      override checked(input: Input) {
        if (!Array.isArray(input)) return super.checked(input);
        const bytes = input.reduce(
          (sum, one) => sum + (one instanceof Uint8Array ? one.length : 0),
          0,
        );
        return bytes > MAX_BATCH_BYTES ? this.copied(input) : super.checked(input);
      }
    },
  ),
  mutant(
    'LIMITS-3',
    'the limit holds for reading too',
    class extends ArrayLog {
      override async get(id: number, options?: OperationOptions) {
        const record = await super.get(id, options);
        if (record.data.length <= this.maxRecordBytes) return record;
        throw new LogError('ERR_LOG_TOO_LARGE', 'too large', { limit: this.maxRecordBytes });
      }
    },
  ),
];
