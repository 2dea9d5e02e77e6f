import { isLogError, LogError, type LogRecord, type OperationOptions } from '@wal/core';
import { ArrayLog } from '../array-log.ts';
import { type Mutant, mutant } from './mutant.ts';
import { PatchedIterator } from './patched-iterator.ts';

export const readMutants: readonly Mutant[] = [
  mutant(
    'READ-1',
    'lastId counts records in flight',
    class extends ArrayLog {
      override get lastId() {
        return super.lastId === undefined ? undefined : this.nextId - 1;
      }
    },
  ),
  mutant(
    'READ-1',
    'a batch becomes visible record by record',
    class extends ArrayLog {
      override store(records: readonly Uint8Array[]) {
        super.store(records.slice(0, 1));
        setImmediate(() => {
          super.store(records.slice(1));
          this.notify();
        });
      }
    },
  ),
  mutant(
    'READ-2',
    'get counts ids from the trim mark',
    class extends ArrayLog {
      override async get(id: number, options?: OperationOptions): Promise<LogRecord> {
        const { data } = await super.get(id, options);
        return { id: id - this.durable().trimMark, data };
      }
    },
  ),
  mutant(
    'READ-2',
    'get remembers records by id',
    class extends ArrayLog {
      readonly #seen = new Map<number, LogRecord>();
      override async get(id: number, options?: OperationOptions): Promise<LogRecord> {
        const record = await super.get(id, options);
        const seen = this.#seen.get(id) ?? record;
        this.#seen.set(id, seen);
        return seen;
      }
    },
  ),
  mutant(
    'READ-3',
    'get of a trimmed id says NOT_FOUND',
    class extends ArrayLog {
      override failTrimmed(id: number): never {
        throw new LogError('ERR_LOG_NOT_FOUND', `no record ${id}`, { nextId: this.nextId });
      }
    },
  ),
  mutant(
    'READ-3',
    'get of a trimmed id of an empty log says NOT_FOUND',
    class extends ArrayLog {
      override failTrimmed(id: number, firstId: number): never {
        if (this.firstId !== undefined) super.failTrimmed(id, firstId);
        throw new LogError('ERR_LOG_NOT_FOUND', `no record ${id}`, { nextId: this.nextId });
      }
    },
  ),
  mutant(
    'READ-3',
    'TRIMMED carries the log’s firstId, undefined when it is empty',
    class extends ArrayLog {
      override failTrimmed(id: number): never {
        throw new LogError('ERR_LOG_TRIMMED', `${id} was trimmed`, { firstId: this.firstId });
      }
    },
  ),
  mutant(
    'READ-3',
    'NOT_FOUND carries the id asked for',
    class extends ArrayLog {
      override async get(id: number, options?: OperationOptions) {
        return super.get(id, options).catch((error: unknown) => {
          if (!isLogError(error, 'ERR_LOG_NOT_FOUND')) throw error;
          throw new LogError(error.code, error.message, { nextId: id });
        });
      }
    },
  ),
  mutant(
    'READ-4',
    'memory of truncated records is used again',
    class extends ArrayLog {
      #free: Uint8Array[] = [];
      override applyTruncate(lastToKeep: number) {
        const before = [...this.storage.data];
        super.applyTruncate(lastToKeep);
        this.#free.push(...before.slice(this.storage.data.length));
      }
      override copied(records: readonly Uint8Array[]) {
        return super.copied(records).map((data) => {
          const place = this.#free.findIndex(({ length }) => length === data.length);
          if (place < 0) return data;
          const [reused] = this.#free.splice(place, 1) as [Uint8Array];
          reused.set(data);
          return reused;
        });
      }
    },
  ),
  mutant(
    'READ-4',
    'memory of trimmed records is cleared',
    class extends ArrayLog {
      override applyTrim(discardUpTo: number) {
        const before = [...this.storage.data];
        super.applyTrim(discardUpTo);
        for (const data of before.slice(0, before.length - this.storage.data.length)) data.fill(0);
      }
    },
  ),
  mutant(
    'READ-4',
    'runs of an iterator are read into one buffer',
    class extends ArrayLog {
      readonly #buffer = new Uint8Array(200_000);
      override slice(from: number, through: number) {
        let used = 0;
        return super.slice(from, through).map(({ id, data }) => {
          this.#buffer.set(data, used);
          used += data.length;
          return { id, data: this.#buffer.subarray(used - data.length, used) };
        });
      }
    },
  ),
  mutant(
    'READ-5',
    'truncate waits for iterators to end',
    class extends ArrayLog {
      #open = 0;
      override iterator(options?: Parameters<ArrayLog['iterator']>[0]) {
        const log = this;
        log.#open++;
        let isOpen = true;
        return new (class extends PatchedIterator {
          override async next() {
            const result = await super.next();
            if (result.done === true && isOpen) {
              isOpen = false;
              log.#open--;
            }
            return result;
          }
          override async nextBatch() {
            const run = await super.nextBatch();
            if (run.length === 0) await this.next();
            return run;
          }
        })(super.iterator(options));
      }
      override async truncate(lastToKeep: number, options?: OperationOptions) {
        if (this.#open > 0) await new Promise(() => {});
        await super.truncate(lastToKeep, options);
      }
    },
  ),
];
