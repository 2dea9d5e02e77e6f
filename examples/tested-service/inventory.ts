// A small service on a log: how many there are of each item. It takes any log; inventory-node-test.ts gives it one in
// memory that fails when it is told to. In production: Inventory.open(() => openFsLog('inventory'))
import { isLogError, type Log } from '@wal/core';

interface Movement {
  readonly item: string;
  /** What came in, or, below 0, went out. */
  readonly count: number;
}

export class Inventory {
  readonly #openLog: () => Promise<Log>;
  #log: Log | undefined;
  #stock = new Map<string, number>();
  #last: Promise<unknown> = Promise.resolve();

  private constructor(openLog: () => Promise<Log>) {
    this.#openLog = openLog;
  }

  static async open(openLog: () => Promise<Log>): Promise<Inventory> {
    const inventory = new Inventory(openLog);
    await inventory.#opened();
    return inventory;
  }

  inStock(item: string): number {
    return this.#stock.get(item) ?? 0;
  }

  async add(item: string, count: number): Promise<void> {
    await this.#inTurn(() => this.#move({ item, count }));
  }

  /**
   * Takes items out. @returns whether there were enough
   * @throws LogError when nothing was taken; but after `ERR_LOG_OUTCOME_UNKNOWN` look at `inStock`
   */
  take(item: string, count: number): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#opened(); // After a failure only the log knows what there is.
      if (this.inStock(item) < count) return false;
      await this.#move({ item, count: -count });
      return true;
    });
  }

  async close(): Promise<void> {
    await this.#inTurn(async () => this.#log?.close());
  }

  /** One movement at a time: each looks at what those before it have left. */
  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const done = this.#last.then(call);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #move(movement: Movement): Promise<void> {
    const log = await this.#opened();
    const id = log.nextId;
    try {
      await log.append({ id, data: Buffer.from(JSON.stringify(movement)) });
      this.#apply(movement);
    } catch (error) {
      if (isLogError(error, 'ERR_LOG_NO_SPACE')) throw error; // Not written, and the log goes on.
      this.#log = undefined;
      await log.close().catch(() => undefined);
      const isUnclear = isLogError(error, 'ERR_LOG_OUTCOME_UNKNOWN');
      if (!isUnclear || (await this.#opened()).nextId <= id) throw error;
    }
  }

  /** The log; opened again, and read from the start, if it failed. */
  async #opened(): Promise<Log> {
    if (this.#log !== undefined) return this.#log;
    const log = await this.#openLog();
    try {
      this.#stock = new Map();
      for await (const { data } of log.iterator())
        this.#apply(JSON.parse(Buffer.from(data).toString()) as Movement);
    } catch (error) {
      await log.close(); // So that it can be opened again.
      throw error;
    }
    this.#log = log;
    return log;
  }

  #apply({ item, count }: Movement): void {
    this.#stock.set(item, this.inStock(item) + count);
  }
}
