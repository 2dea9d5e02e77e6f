import {
  appended,
  emptyState,
  isSameState,
  type LogState,
  readState,
  SimDisk,
  SimRandom,
  SimScheduler,
  SimStorage,
  showState,
  trimmed,
  truncated,
} from '@wal/conformance';
import { isLogError } from '@wal/core';
import type { FsLog, openFsLog } from '@wal/fslog';
import { newRecord } from './numbered-records.ts';
import { breathe, VirtualTimers } from './virtual-timers.ts';

const DIRECTORY = '/log';
const META = `${DIRECTORY}/META`;
const OPERATIONS = 24;

/**
 * One seeded run in which an older copy of META takes the place of META before each call to the disk: the
 * log must refuse to open, or hold every acknowledged record.
 */
export class OlderMetaRun {
  readonly #seed: number;
  readonly #openLog: typeof openFsLog;
  readonly #random: SimRandom;
  readonly #timers = new VirtualTimers();
  readonly #storage = new SimStorage();
  /** META as it was, oldest first. */
  readonly #copies: ReadonlyMap<string, Uint8Array>[] = [];
  #acknowledged = emptyState(1);
  /** What the operation under way makes of it. */
  #next = this.#acknowledged;
  #failure: unknown;

  constructor(seed: number, open: typeof openFsLog) {
    this.#seed = seed;
    this.#random = new SimRandom(seed);
    this.#openLog = open;
  }

  async run(): Promise<void> {
    this.#timers.install();
    const scheduler = new SimScheduler(this.#random, () => this.#step());
    const disk = new SimDisk(this.#storage, { gate: scheduler.gate });
    try {
      let log = await this.#open(disk);
      for (let i = 0; i < OPERATIONS && this.#failure === undefined; i++) {
        if (this.#random.chance(0.15)) {
          await log.close();
          log = await this.#open(disk);
        }
        await this.#operate(log);
      }
      if (this.#failure !== undefined) throw this.#failure;
    } catch (error) {
      throw new Error(`CRASH_SEED=${this.#seed} older META\n${error}`, { cause: error });
    } finally {
      scheduler.stop();
      this.#timers.uninstall();
      await breathe();
    }
  }

  async #open(disk: SimDisk): Promise<FsLog> {
    return await this.#openLog(DIRECTORY, { disk, segmentBytes: 4096 });
  }

  async #operate(log: FsLog): Promise<void> {
    const random = this.#random;
    const { firstId, nextId } = this.#acknowledged;
    const kind = random.integer(0, 9);
    const id = random.integer(firstId - 1, nextId - 1);
    if (kind <= 4) {
      const records = [newRecord(random.integer(1, 900))];
      this.#next = appended(this.#acknowledged, records);
      await log.append(records);
    } else if (kind <= 6) {
      await log.roll();
    } else if (kind <= 8) {
      this.#next = truncated(this.#acknowledged, id);
      await log.truncate(id);
    } else {
      this.#next = trimmed(this.#acknowledged, id);
      await log.trim(id);
    }
    this.#acknowledged = this.#next;
  }

  async #step(): Promise<void> {
    if (this.#failure !== undefined || !this.#storage.has(META)) return;
    const saved = this.#timers.save();
    try {
      if (this.#copies.length > 0) await this.#check(this.#random.pick(this.#copies));
    } catch (error) {
      this.#failure = error;
    }
    this.#timers.restore(saved);
    this.#keepCopy();
  }

  #keepCopy(): void {
    const files = [...this.#storage.files(META)].filter(([path]) => /\/[0-9a-f]{16}$/.test(path));
    if (files.length > 0) this.#copies.push(new Map(files));
  }

  async #check(copy: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const storage = this.#storage.clone();
    for (const path of storage.files(META).keys()) storage.remove(path);
    for (const [path, bytes] of copy) storage.put(path, bytes);
    let found: LogState;
    try {
      found = await readState(await this.#open(new SimDisk(storage)));
    } catch (error) {
      if (isLogError(error, 'ERR_LOG_CORRUPT')) return;
      throw error;
    }
    const allowed = [this.#acknowledged, this.#next];
    // Trims may be undone: of these META alone tells.
    const holds = ({ firstId, records }: LogState, i: number): boolean =>
      records.length === 0 || isSameState(trimmed(found, firstId - 1), allowed[i] as LogState);
    if (allowed.some(holds)) return;
    throw new Error(`with an older META: found ${showState(found)}, not ${allowed.map(showState)}`);
  }
}
