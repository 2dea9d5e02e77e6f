/*
 * A key-value store on a log. All of it is in memory; the log is what makes it durable:
 *
 *   put, delete   one record each; applied, and acknowledged, once it is durable
 *   snapshot      the whole map in one file, replaced atomically; then the records that it holds are trimmed
 *   open          the snapshot, and every record behind it
 *
 * session.ts uses it. examples/test/key-value.test.ts kills it at call after call to the file system.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, type Log, type RecordId } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { replaceFile } from '../replace-file.ts';

/** What a record says: without a value the key is deleted. */
interface Change {
  readonly key: string;
  readonly value?: string | undefined;
}

/** The map as it was after the record `lastId`. */
interface Snapshot {
  readonly lastId: RecordId;
  readonly entries: readonly (readonly [key: string, value: string])[];
}

export class KeyValueStore {
  readonly #log: Log;
  readonly #snapshotPath: string;
  readonly #map: Map<string, string>;
  /** The last record that is in the map. */
  #lastId: RecordId;
  #snapshotUnderWay: Promise<void> | undefined;

  private constructor(log: Log, snapshotPath: string, { lastId, entries }: Snapshot) {
    this.#log = log;
    this.#snapshotPath = snapshotPath;
    this.#map = new Map(entries);
    this.#lastId = lastId;
  }

  /** Opens the store in a directory that exists. Rejects `ERR_LOG_LOCKED` while another process has it open. */
  static async open(directory: string): Promise<KeyValueStore> {
    const log = await openFsLog(join(directory, 'log')); // First: its lock guards the snapshot, too.
    try {
      const snapshotPath = join(directory, 'snapshot.json');
      const store = new KeyValueStore(log, snapshotPath, await readSnapshot(snapshotPath));
      await store.#replay();
      return store;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  get(key: string): string | undefined {
    return this.#map.get(key);
  }

  entries(): IterableIterator<[key: string, value: string]> {
    return this.#map.entries();
  }

  /** Resolves once the value is durable. Rejects as `append` does: after `ERR_LOG_OUTCOME_UNKNOWN` open it again. */
  put(key: string, value: string): Promise<void> {
    return this.#change({ key, value });
  }

  delete(key: string): Promise<void> {
    return this.#change({ key });
  }

  /** Makes the log short: what was acknowledged before this call needs no record any more. */
  snapshot(): Promise<void> {
    this.#snapshotUnderWay ??= this.#writeSnapshot().finally(() => {
      this.#snapshotUnderWay = undefined;
    });
    return this.#snapshotUnderWay;
  }

  async close(): Promise<void> {
    await this.#snapshotUnderWay?.catch(() => undefined); // Its caller is told.
    await this.#log.close();
  }

  async #replay(): Promise<void> {
    const { firstId, nextId } = this.#log;
    const start = this.#lastId + 1;
    // An iterator begins at the first record there is: that none is missing, only we can say.
    if ((firstId ?? nextId) > start || nextId < start) {
      throw new Error(`the snapshot ends with record ${start - 1}, the log goes on otherwise`);
    }
    for await (const { id, data } of this.#log.iterator({ start })) {
      this.#apply(id, JSON.parse(Buffer.from(data).toString()) as Change);
    }
  }

  async #change(change: Change): Promise<void> {
    const { lastId } = await this.#log.append(Buffer.from(JSON.stringify(change)));
    this.#apply(lastId, change); // Appends resolve in the order of their ids, so changes are applied in it.
  }

  #apply(id: RecordId, { key, value }: Change): void {
    if (value === undefined) this.#map.delete(key);
    else this.#map.set(key, value);
    this.#lastId = id;
  }

  async #writeSnapshot(): Promise<void> {
    const snapshot: Snapshot = { lastId: this.#lastId, entries: [...this.#map] };
    const json = JSON.stringify(snapshot); // in one line, and its checksum in the next
    await replaceFile(this.#snapshotPath, `${json}\n${checksum(json)}`);
    await this.#log.trim(snapshot.lastId); // Only now: until the snapshot is durable these records are all there is.
  }
}

async function readSnapshot(path: string): Promise<Snapshot> {
  try {
    const [json = '', sum] = (await readFile(path, 'utf8')).split('\n');
    if (sum !== checksum(json)) throw new Error(`the snapshot is damaged, path=${path}`);
    return JSON.parse(json) as Snapshot;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { lastId: 0, entries: [] };
    throw error;
  }
}

const checksum = (json: string): string => crc32(Buffer.from(json)).toString(16);
