import { join } from 'node:path';
import type { BatchHeader, IndexEntry, LogError, RecordId } from '@wal/core';
import { closeQuietly, copyRange, writeZeros } from '../disk/file-io.ts';
import { corruptAt } from '../disk/storage-error.ts';
import type { MetaState } from '../meta/meta.ts';
import type { Settings } from '../options.ts';
import { type ScanPoint, scanBatches } from '../segment/batch-scan.ts';
import { readRemainder } from '../segment/durability-proof.ts';
import { readFooter } from '../segment/read-footer.ts';
import type { Segment } from '../segment/segment.ts';
import { SegmentIndex } from '../segment/segment-index.ts';
import { openScan, type SegmentScan } from '../segment/segment-scan.ts';
import { refuseOlderMeta } from './successor.ts';

/** Bytes at the end of a log that were never acknowledged, and were dropped when it was opened. */
export interface TornTail {
  /** The segment's file name. */
  readonly segment: string;
  /** Where in the segment they began. */
  readonly byteOffset: number;
  /** How many there were. */
  readonly bytes: number;
  /** The file in the log's directory that holds a copy; `undefined` if there was no room for one. */
  readonly copy: string | undefined;
}

/** What the tail segment holds, as far as it was acknowledged or cannot be told from that. */
export interface RecoveredTail {
  readonly segment: Segment;
  /** The sequence of the segment that it goes on from. */
  readonly predecessor: number;
  readonly nextId: RecordId;
  readonly torn: TornTail | undefined;
  /** The first batch that is not proven to be durable; `undefined`: all are. */
  readonly unproven: IndexEntry | undefined;
}

/**
 * The tail has other bytes than when it was inspected. An opener that was overtaken ends it where its batches ended
 * then, and may do so late: it zeroes what the owner before has added since. None of that is acknowledged.
 */
export class TailChanged extends Error {
  /** What is the matter if it stays so. */
  readonly damage: LogError;

  constructor(damage: LogError) {
    super('the tail changed while it was recovered');
    this.damage = damage;
  }
}

/**
 * The tail segment of a log that is being opened. `inspect` refuses what is corrupt; only `settle` changes
 * the segment.
 */
export class TailRecovery {
  readonly #settings: Settings;
  readonly #segment: Segment;
  readonly #scan: SegmentScan;
  readonly #index: SegmentIndex;
  #point: ScanPoint;
  /** Where the records begin that a crash of the whole machine may have left in memory only. */
  #unprovenFrom: number;
  /** Whether the batches end at a footer: then nothing behind them was torn. */
  #isSealed = false;

  private constructor(settings: Settings, segment: Segment, scan: SegmentScan) {
    this.#settings = settings;
    this.#segment = segment;
    this.#scan = scan;
    this.#index = new SegmentIndex(segment.firstId);
    this.#point = scan.start;
    this.#unprovenFrom = scan.start.byteOffset;
  }

  /** @throws LogError `ERR_LOG_CORRUPT`, `ERR_LOG_UNSUPPORTED_FORMAT` */
  static async open(settings: Settings, segment: Segment, meta: MetaState): Promise<TailRecovery> {
    const scan = await openScan(settings.disk, settings.directory, segment, meta, 'write');
    return new TailRecovery(settings, segment, scan);
  }

  /** Reads on to the end of what checks out. @throws LogError as `open` */
  async inspect(clean: MetaState['clean']): Promise<void> {
    const { file, salt } = this.#scan;
    const footer = await readFooter(file, this.#segment.firstId, salt);
    await refuseOlderMeta(this.#settings, this.#segment, footer);
    if (clean !== undefined) {
      await this.#trustCleanClose(clean);
      return;
    }
    const visit = (header: BatchHeader): void => this.#index.add(header.firstId, header.byteOffset);
    const { stop: _, ...point } = await scanBatches(this.#scan, this.#point, visit);
    this.#point = point;
    this.#unprovenFrom = Math.max(this.#unprovenFrom, point.durableOffset);
    if ((footer?.byteOffset ?? 0) > point.byteOffset) throw this.#corrupt();
    this.#isSealed = footer?.byteOffset === point.byteOffset;
    if (this.#isSealed) return;
    const { proof } = await readRemainder(this.#scan, point.byteOffset);
    if (proof !== undefined) throw this.#corrupt();
  }

  /**
   * Takes the segment over from a writer that did not close it: copies torn bytes aside, and says from
   * which record on nothing proves that what was found is durable. Changes nothing in the segment.
   * @throws TailChanged if that is not there any more
   */
  async adopt(clean: MetaState['clean']): Promise<RecoveredTail> {
    const { byteOffset, nextId } = this.#point;
    this.#segment.readableEnd = byteOffset;
    const adopted = { segment: this.#segment, predecessor: this.#scan.predecessor };
    if (clean !== undefined) return { ...adopted, nextId, torn: undefined, unproven: undefined };
    this.#segment.index = this.#index;
    const end = await this.#tornEnd();
    let torn: TornTail | undefined;
    if (end > byteOffset) {
      const copy = await this.#copyAside(byteOffset, end);
      torn = { segment: this.#segment.name, byteOffset, bytes: end - byteOffset, copy };
    }
    return { ...adopted, nextId, torn, unproven: await this.#firstUnproven() };
  }

  /** Exactly the first: a reader in another process has shown those before it already. */
  async #firstUnproven(): Promise<IndexEntry | undefined> {
    const from = this.#unprovenFrom;
    const { byteOffset: until } = this.#point;
    const near = from < until ? this.#index.seekOffset(from) : undefined;
    if (near === undefined) return undefined;
    let first: IndexEntry | undefined;
    const start = { byteOffset: near.byteOffset, nextId: near.firstId, durableOffset: 0 };
    const end = await scanBatches(this.#scan, start, (batch) => {
      const { byteOffset, recordCount } = batch;
      if (byteOffset >= from && byteOffset < until && recordCount > 0) first ??= batch;
    });
    if (end.byteOffset < until) {
      throw new TailChanged(corruptAt(this.#segment.name, end.byteOffset, end.nextId));
    }
    return first;
  }

  /**
   * Ends the segment durably where its batches end, and gives that place: rewrites what is not proven durable, zeroes
   * the torn rest, syncs. Used only where carrying over is impossible: after a failed sync, rewriting may not reach
   * the disk.
   */
  async settle(): Promise<number> {
    const { file } = this.#scan;
    const { byteOffset } = this.#point;
    const from = this.#unprovenFrom;
    await copyRange(file, from, byteOffset, file, from);
    await writeZeros(file, byteOffset, await this.#tornEnd());
    await file.sync();
    return byteOffset;
  }

  async close(): Promise<void> {
    await closeQuietly(this.#scan.file);
  }

  /** A log that was closed needs no scan: META says how it ends, and everything below was synced. */
  async #trustCleanClose(clean: NonNullable<MetaState['clean']>): Promise<void> {
    if ((await this.#scan.file.size()) < clean.byteOffset) {
      this.#point = await scanBatches(this.#scan, this.#scan.start, () => undefined);
      throw this.#corrupt(); // Which records that costs, only a scan tells.
    }
    this.#point = { ...clean, durableOffset: clean.byteOffset };
  }

  async #tornEnd(): Promise<number> {
    if (this.#isSealed) return this.#point.byteOffset;
    return (await readRemainder(this.#scan, this.#point.byteOffset)).end;
  }

  async #copyAside(from: number, end: number): Promise<string | undefined> {
    const name = `${this.#segment.name}.${from.toString(16).padStart(8, '0')}.torn`;
    const { disk, directory } = this.#settings;
    const path = join(directory, name);
    try {
      await disk.remove(path).catch(() => undefined);
      const file = await disk.create(path);
      try {
        await copyRange(this.#scan.file, from, end, file, 0);
        await file.sync();
      } finally {
        await file.close();
      }
      await disk.syncDirectory(directory);
      return name;
    } catch {
      // No room: a full disk must not keep the log from opening.
      await disk.remove(path).catch(() => undefined);
      return undefined;
    }
  }

  #corrupt(): LogError {
    return corruptAt(this.#segment.name, this.#point.byteOffset, this.#point.nextId);
  }
}
