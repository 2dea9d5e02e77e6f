import { join } from 'node:path';
import { BareFile, type BareWay } from './bare-file.ts';
import type { Contender, Store } from './store.ts';

const AHEAD_BYTES = 64 * 1024 * 1024;
const GROUP_BYTES = 4 * 1024 * 1024;

interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The ceiling for many callers: while one write and sync is on its way the next group collects in a
 * buffer. One promise a caller; no framing, no checksum, no ids.
 */
export function bareGroupCommit(way: BareWay, name = 'bare'): Contender {
  return {
    name,
    durable: 'synced',
    async open(folder): Promise<Store> {
      const file = await BareFile.create(join(folder, 'bare'), way, AHEAD_BYTES);
      const groups = new GroupCommit(file);
      return {
        append: (record) => groups.append(record),
        appendBatch: (records) => Promise.all(records.map((record) => groups.append(record))),
        close: () => file.close(),
      };
    },
  };
}

class GroupCommit {
  readonly #file: BareFile;
  #collecting = new Uint8Array(GROUP_BYTES);
  #writing = new Uint8Array(GROUP_BYTES);
  #bytes = 0;
  #waiters: Waiter[] = [];
  #busy = false;

  constructor(file: BareFile) {
    this.#file = file;
  }

  append(record: Uint8Array): Promise<void> {
    if (this.#bytes + record.length > GROUP_BYTES) throw new RangeError('the group is full');
    return new Promise((resolve, reject) => {
      this.#collecting.set(record, this.#bytes);
      this.#bytes += record.length;
      this.#waiters.push({ resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      // Callers of the same turn belong to one group.
      queueMicrotask(() => this.#commit());
    });
  }

  #commit(): void {
    const waiters = this.#waiters;
    const group = this.#collecting.subarray(0, this.#bytes);
    [this.#collecting, this.#writing] = [this.#writing, this.#collecting];
    this.#bytes = 0;
    this.#waiters = [];
    this.#file.writeDurably(group).then(
      () => {
        for (const waiter of waiters) waiter.resolve();
        // Their next appends come in the microtasks that this queued.
        queueMicrotask(() => this.#continue());
      },
      (error: unknown) => {
        for (const waiter of waiters) waiter.reject(error);
        this.#busy = false;
      },
    );
  }

  #continue(): void {
    if (this.#waiters.length > 0) this.#commit();
    else setImmediate(() => this.#rest());
  }

  #rest(): void {
    if (this.#waiters.length > 0) this.#commit();
    else this.#busy = false;
  }
}
