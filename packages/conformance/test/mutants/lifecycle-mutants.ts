import { LogError, type LogView, type OperationOptions } from '@wal/core';
import { ArrayLog, type ArrayLogOptions, type ArrayStorage } from '../array-log.ts';
import { type Mutant, mutant } from './mutant.ts';

export const openMutants: readonly Mutant[] = [
  mutant(
    'OPEN-1',
    'the last record is forgotten when reopened',
    class extends ArrayLog {
      override release() {
        this.storage.data.pop();
        super.release();
      }
    },
  ),
  mutant(
    'OPEN-1',
    'a reopened log does not know trimmed ids from unknown ones',
    class extends ArrayLog {
      readonly #atOpen = this.durable().trimMark;
      override failTrimmed(id: number, firstId: number): never {
        if (this.#atOpen === 0 || this.#atOpen < id) super.failTrimmed(id, firstId);
        throw new LogError('ERR_LOG_NOT_FOUND', `no record ${id}`, { nextId: this.nextId });
      }
    },
  ),
  mutant(
    'OPEN-2',
    'a second writer is let in',
    class extends ArrayLog {
      override claim(options: ArrayLogOptions) {
        this.storage.holder = undefined;
        super.claim(options);
      }
    },
  ),
  mutant(
    'OPEN-2',
    'close twice lets another writer in',
    class extends ArrayLog {
      override async close() {
        await super.close();
        this.storage.holder = undefined;
      }
    },
  ),
  mutant(
    'OPEN-2',
    'close does not let the next writer in',
    class extends ArrayLog {
      override release() {}
    },
  ),
  mutant(
    'OPEN-3',
    'firstId counts for an empty log that is reopened',
    class extends ArrayLog {
      override claim(options: ArrayLogOptions) {
        super.claim(options);
        const { storage } = this;
        if (storage.data.length === 0 && options.firstId !== undefined) {
          storage.trimMark = options.firstId - 1;
        }
      }
    },
  ),
];

export const metadataMutants: readonly Mutant[] = [
  mutant(
    'METADATA-1',
    'the caller’s metadata is kept',
    class extends ArrayLog {
      constructor(storage: ArrayStorage, options: ArrayLogOptions) {
        const isNew = storage.trimMark === undefined;
        super(storage, options);
        if (isNew && options.metadata !== undefined) storage.metadata = options.metadata;
      }
    },
  ),
  mutant(
    'METADATA-1',
    'metadata is forgotten when reopened without',
    class extends ArrayLog {
      override release() {
        this.storage.metadata = new Uint8Array(0);
        super.release();
      }
    },
  ),
  mutant(
    'METADATA-2',
    'other metadata is not noticed',
    class extends ArrayLog {
      override claim({ metadata: _, ...options }: ArrayLogOptions) {
        super.claim(options);
      }
    },
  ),
  mutant(
    'METADATA-2',
    'only the length of metadata is compared',
    class extends ArrayLog {
      override claim(options: ArrayLogOptions) {
        const isSame = options.metadata?.length === this.storage.metadata.length;
        super.claim(isSame ? {} : options);
      }
    },
  ),
  mutant(
    'METADATA-2',
    'a refused opening keeps the lock',
    class extends ArrayLog {
      override claim(options: ArrayLogOptions) {
        try {
          super.claim(options);
        } catch (error) {
          this.storage.holder ??= this;
          throw error;
        }
      }
    },
  ),
];

export const closeMutants: readonly Mutant[] = [
  mutant(
    'CLOSE-1',
    'close does not wait for appends in flight',
    class extends ArrayLog {
      override close() {
        if (this.closing === undefined) {
          super.close().catch(() => {});
          this.closing = Promise.resolve().then(() => this.release());
        }
        return this.closing;
      }
    },
  ),
  mutant(
    'CLOSE-1',
    'close fails what is in flight',
    class extends ArrayLog {
      override store(records: readonly Uint8Array[]) {
        if (this.closing !== undefined) throw new LogError('ERR_LOG_CLOSED', 'it is closed');
        super.store(records);
      }
    },
  ),
  mutant(
    'CLOSE-2',
    'a second close rejects',
    class extends ArrayLog {
      override async close() {
        this.check(undefined);
        await super.close();
      }
    },
  ),
  mutant(
    'CLOSE-2',
    'a second close does not wait',
    class extends ArrayLog {
      override async close() {
        if (this.closing === undefined) await super.close();
      }
    },
  ),
  mutant(
    'CLOSE-2',
    'asyncDispose does nothing',
    class extends ArrayLog {
      override async [Symbol.asyncDispose]() {}
    },
  ),
  mutant(
    'CLOSE-3',
    'get still reads on a closed log',
    class extends ArrayLog {
      override async get(id: number, options?: OperationOptions) {
        if (this.closing === undefined) return super.get(id, options);
        return { id, data: new Uint8Array(0) };
      }
    },
  ),
  mutant(
    'CLOSE-3',
    'a closed log is closed only once close has resolved',
    class extends ArrayLog {
      #isClosed = false;
      override unreadable() {
        return this.#isClosed ? super.unreadable() : undefined;
      }
      override release() {
        this.#isClosed = true;
        super.release();
        this.notify();
      }
    },
  ),
  mutant(
    'CLOSE-3',
    'iterators of a closed log go on',
    class extends ArrayLog {
      override view(): LogView {
        return Object.assign(Object.create(super.view()) as LogView, {
          unreadable: () => undefined,
        });
      }
    },
  ),
  mutant(
    'CLOSE-4',
    'a closed log has no ids',
    class extends ArrayLog {
      override get lastId() {
        return this.closing === undefined ? super.lastId : undefined;
      }
    },
  ),
];

export const modelMutants: readonly Mutant[] = [
  mutant(
    'MODEL-1',
    'a batch of three behind a trim, from an even id, is turned around',
    class extends ArrayLog {
      override store(records: readonly Uint8Array[]) {
        const { trimMark, nextId } = this.durable();
        const isUnlucky = records.length === 3 && nextId % 2 === 0 && trimMark > 4;
        super.store(isUnlucky ? [...records].reverse() : records);
      }
    },
  ),
];
