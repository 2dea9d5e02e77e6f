import * as fs from 'node:fs';
import { errorCode } from '../disk/storage-error.ts';
import type { LockOwner } from './lock-owner.ts';
import { createTicket } from './lock-ticket.ts';

type Callback = (error: unknown, stats?: fs.Stats) => void;

/** A handle that is dropped is closed by the garbage collector, which Node takes for an error. */
const unfreed = new Set<OwnTicket>();

/**
 * The ticket of an opener, as long as it is one. Its file stays open: meanwhile no other one gets its inode, which so
 * tells it from a ticket that somebody else made under the same number, after `LOCK` was removed by hand.
 */
export class OwnTicket {
  readonly path: string;
  readonly #owner: LockOwner;
  #file: fs.promises.FileHandle | undefined;
  #freed: Promise<void> | undefined;

  constructor(path: string, owner: LockOwner) {
    this.path = path;
    this.#owner = owner;
  }

  /** Whether it is there, and not another one in its place. */
  async isThere(): Promise<boolean> {
    const own = await this.#file?.stat({ bigint: true });
    try {
      const found = await fs.promises.stat(this.path, { bigint: true });
      return found.ino === own?.ino && found.dev === own.dev;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  /** Says that its owner went, if it is there. What fails leaves it held, until this process ends. */
  free(): Promise<void> {
    this.#freed ??= this.#free();
    return this.#freed;
  }

  /** The file system as proper-lockfile is to see it: its directory is this ticket. */
  get fileSystem(): object {
    return {
      mkdir: (_path: string, callback: Callback): void => {
        this.#create().then(() => callback(null), callback);
      },
      stat: (_path: string, callback: Callback): void => {
        this.#stat().then(
          (stats) => this.#answer(callback, null, stats),
          (error) => this.#answer(callback, error),
        );
      },
      utimes: fs.utimes,
      rmdir: (_path: string, callback: Callback): void => {
        void this.free().then(() => callback(null));
      },
      // Called while the process exits, with writes that may still be under way: its end frees the ticket.
      rmdirSync: (): void => undefined,
    };
  }

  async #create(): Promise<void> {
    this.#file = await createTicket(this.path, this.#owner);
    unfreed.add(this);
  }

  async #stat(): Promise<fs.Stats> {
    if (await this.isThere()) return await fs.promises.stat(this.path);
    throw Object.assign(new Error('the ticket is gone'), { code: 'ENOENT' });
  }

  /** A heartbeat that was under way when the lock was released: proper-lockfile throws at its failure. */
  #answer(callback: Callback, error: unknown, stats?: fs.Stats): void {
    if (this.#freed === undefined) callback(error, stats);
  }

  async #free(): Promise<void> {
    try {
      if (await this.isThere()) await fs.promises.rename(this.path, `${this.path}.free`);
    } catch {
      // Nobody can be told.
    }
    await this.#file?.close().catch(() => undefined);
    unfreed.delete(this);
  }
}
