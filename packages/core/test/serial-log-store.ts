import type { LogChange, LogExtent, LogRecord, SerialStore } from '@wal/core';

/** A store in memory. It notes what it is asked for, and waits or fails when a test says so. */
export class FakeStore implements SerialStore {
  readonly limits = { maxRecordBytes: 8, maxBatchBytes: 16 };
  /** Every commit begun: `append 5 ab,c`, or `5..8` for the extent after a truncate or trim. */
  readonly commits: string[] = [];
  closes = 0;
  /** How many calls are under way. */
  underWay = 0;
  /** Called before a change takes effect; what it throws, the commit rejects with. */
  beforeCommit: (change: LogChange) => Promise<void> | void = () => {};
  /** Called once a change has taken effect, before `commit` says so. */
  afterCommit: (change: LogChange) => Promise<void> | void = () => {};
  /** Called before records are looked up. */
  beforeRead: (from: number) => Promise<void> | void = () => {};
  /** Called after they were. */
  afterRead: (from: number) => Promise<void> | void = () => {};
  readonly records = new Map<number, LogRecord>();
  #committing = false;

  constructor({ firstId, nextId }: LogExtent) {
    for (let id = firstId; id < nextId; id++) {
      this.records.set(id, { id, data: new TextEncoder().encode('x') });
    }
  }

  commit(change: LogChange): Promise<void> {
    return this.#during(async () => {
      if (this.#committing) throw new Error('two commits at once');
      this.#committing = true;
      const { firstId, nextId, records } = change;
      const start = nextId - records.length;
      this.commits.push(
        records.length > 0
          ? `append ${start} ${records.map((data) => new TextDecoder().decode(data))}`
          : `${firstId}..${nextId - 1}`,
      );
      try {
        await this.beforeCommit(change);
        for (const [i, data] of records.entries()) {
          this.records.set(start + i, { id: start + i, data });
        }
        for (const id of this.records.keys()) {
          if (id < firstId || id >= nextId) this.records.delete(id);
        }
        await this.afterCommit(change);
      } finally {
        this.#committing = false;
      }
    });
  }

  read(from: number, through: number): Promise<readonly LogRecord[]> {
    return this.#during(async () => {
      await this.beforeRead(from);
      const found: LogRecord[] = [];
      for (let id = from; id <= through; id++) {
        const record = this.records.get(id);
        if (record !== undefined) found.push(record);
      }
      await this.afterRead(from);
      return found;
    });
  }

  async close(): Promise<void> {
    this.closes++;
    if (this.underWay > 0) throw new Error('closed while calls are under way');
  }

  async #during<T>(call: () => Promise<T>): Promise<T> {
    if (this.closes > 0) throw new Error('called after close');
    this.underWay++;
    try {
      return await call();
    } finally {
      this.underWay--;
    }
  }
}

/** A promise, and what resolves it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
