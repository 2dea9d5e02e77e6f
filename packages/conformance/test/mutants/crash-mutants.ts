import { ArrayLog, type ArrayLogOptions, type ArrayStorage } from '../array-log.ts';
import { type Mutant, mutant } from './mutant.ts';

/** Does something to what a crash leaves of the log's storage. */
abstract class SpoiledLog extends ArrayLog {
  protected abstract spoil(left: ArrayStorage): void;

  override claim(options: ArrayLogOptions) {
    super.claim(options);
    const { storage } = this;
    const afterCrash = storage.afterCrash.bind(storage);
    storage.afterCrash = () => {
      const left = afterCrash();
      this.spoil(left);
      return left;
    };
  }
}

export const crashMutants: readonly Mutant[] = [
  mutant(
    'CRASH-1',
    'the last append is lost in a crash',
    class extends SpoiledLog {
      #appended = 0;
      override store(records: readonly Uint8Array[]) {
        super.store(records);
        this.#appended = records.length;
      }
      override spoil({ data }: ArrayStorage) {
        data.length = Math.max(0, data.length - this.#appended);
      }
    },
  ),
  mutant(
    'CRASH-1',
    'an empty record comes back with a byte',
    class extends SpoiledLog {
      override spoil(left: ArrayStorage) {
        left.data = left.data.map((data) => (data.length === 0 ? new Uint8Array(1) : data));
      }
    },
  ),
  mutant(
    'CRASH-1',
    'a crashed log stays locked',
    class extends SpoiledLog {
      override spoil(left: ArrayStorage) {
        left.holder = this;
      }
    },
  ),
  mutant(
    'APPEND-2',
    'a crash leaves part of a batch',
    class extends SpoiledLog {
      #isBatch = false;
      override store(records: readonly Uint8Array[]) {
        super.store(records);
        this.#isBatch = records.length > 1;
      }
      override spoil({ data }: ArrayStorage) {
        if (this.#isBatch) data.pop();
      }
    },
  ),
  mutant(
    'TRUNCATE-4',
    'a truncated record is back after a crash',
    class extends SpoiledLog {
      #truncated: Uint8Array[] = [];
      override applyTruncate(lastToKeep: number) {
        const before = [...this.storage.data];
        super.applyTruncate(lastToKeep);
        this.#truncated = before.slice(this.storage.data.length);
      }
      override store(records: readonly Uint8Array[]) {
        this.#truncated = [];
        super.store(records);
      }
      override spoil({ data }: ArrayStorage) {
        data.push(...this.#truncated);
      }
    },
  ),
  mutant(
    'TRIM-4',
    'a crash takes back a trim beyond the end',
    class extends SpoiledLog {
      readonly #atOpen = this.storage.trimMark;
      override spoil(left: ArrayStorage) {
        if (left.data.length === 0) left.trimMark = this.#atOpen;
      }
    },
  ),
  mutant(
    'CRASH-2',
    'what is found after a crash is lost in the next one',
    class extends SpoiledLog {
      #isUsed = false;
      override store(records: readonly Uint8Array[]) {
        super.store(records);
        this.#isUsed = true;
      }
      override spoil({ data }: ArrayStorage) {
        if (!this.#isUsed) data.pop();
      }
    },
  ),
  mutant(
    'APPEND-8',
    'an append that found no space is there after a crash',
    class extends SpoiledLog {
      #refused: Uint8Array | undefined;
      override checked(input: Parameters<ArrayLog['checked']>[0]) {
        const records = super.checked(input);
        if (this.storage.isFull) this.#refused = records[0];
        return records;
      }
      override spoil({ data }: ArrayStorage) {
        if (this.#refused !== undefined) data.push(this.#refused);
      }
    },
  ),
];
