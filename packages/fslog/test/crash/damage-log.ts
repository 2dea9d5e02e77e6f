import { type LogState, readState, SimDisk, SimStorage } from '@wal/conformance';
import {
  BATCH_HEADER_BYTES,
  batchBytes,
  decodeBatchHeader,
  decodeSegmentHeader,
  segmentSalt,
  viewOf,
} from '@wal/core';
import { type FsLog, openFsLog } from '@wal/fslog';
import { newRecord } from './numbered-records.ts';

export const DIRECTORY = '/log';

/**
 * How the last writer left the log: in flight, it died within the write of a batch, of which the first half is there, or
 * all but the sector with its header.
 */
export type Ending = 'closed' | 'killed' | 'killed, preallocated' | 'in flight' | 'in flight, torn';

/** A batch that was acknowledged, by its place. */
export interface BatchPlace {
  readonly byteOffset: number;
  readonly end: number;
  /** Where its records end, and the padding begins. */
  readonly bodyEnd: number;
  readonly firstId: number;
  readonly nextId: number;
}

export interface SegmentPlaces {
  readonly path: string;
  readonly name: string;
  readonly sequence: number;
  readonly bytes: Uint8Array;
  readonly headerBytes: number;
  readonly firstId: number;
  readonly batches: readonly BatchPlace[];
  /** Where the batches end. */
  readonly end: number;
}

/** A small log's files, and what it held after each group in its tail segment, the last one first. */
export interface SmallLog {
  readonly storage: SimStorage;
  readonly states: readonly [LogState, ...LogState[]];
  readonly isClosed: boolean;
  readonly isInFlight: boolean;
  /** Live ones, oldest first. */
  readonly segments: readonly SegmentPlaces[];
  /** Its files as they were before, at one time or another. */
  readonly older: readonly (readonly [string, Uint8Array])[];
}

/** Three live segments, with records trimmed from the first and truncated from the second. */
export async function smallLog(ending: Ending): Promise<SmallLog> {
  const storage = new SimStorage();
  const dying = new DyingWrite();
  const disk = new SimDisk(storage, dying);
  const preallocate = ending === 'killed, preallocated';
  const log = await openFsLog(DIRECTORY, { disk, segmentBytes: 4096, preallocate });
  const versions: (readonly [string, Uint8Array])[] = [];
  const after = async (change: Promise<unknown>): Promise<void> => {
    await change;
    versions.push(...storage.files(DIRECTORY));
  };
  await after(log.append([newRecord(30), newRecord(0), newRecord(90)]));
  await after(log.append(newRecord(40)));
  await after(log.roll());
  await after(log.append([newRecord(20), newRecord(50)]));
  await after(log.append(newRecord(60)));
  await after(log.truncate(6));
  await after(log.trim(1));
  const states: [LogState, ...LogState[]] = [await readState(log)];
  for (const lengths of [[70], [7, 8], [33, 44]]) {
    await after(log.append(lengths.map((length) => newRecord(length))));
    states.unshift(await readState(log));
  }
  const segments = segmentsOf(storage);
  if (ending === 'closed') await log.close();
  const isInFlight = ending.startsWith('in flight');
  if (isInFlight) await dying.write(log);
  disk.kill();
  if (ending === 'in flight, torn') dropHeader(storage, segments.at(-1) as SegmentPlaces);
  const files = storage.files(DIRECTORY);
  const older = versions.filter(([path, bytes]) => {
    const now = files.get(path);
    return now !== undefined && Buffer.compare(now, bytes) !== 0;
  });
  const isClosed = ending === 'closed';
  return { storage, states, isClosed, isInFlight, segments: segmentsOf(storage), older };
}

/** Lets the first half of a batch reach the disk, and never ends the call. */
class DyingWrite {
  #written = 0;
  #isDying = false;
  #reached: () => void = () => undefined;

  readonly gate = ({ kind }: { kind: string }): Promise<void> | undefined => {
    if (!this.#isDying || kind !== 'write' || this.#written++ === 0) return undefined;
    this.#reached();
    return new Promise(() => undefined);
  };

  readonly fault = ({ kind, length }: { kind: string; length: number }) =>
    this.#isDying && kind === 'write' ? { writtenBytes: length / 2 } : undefined;

  async write(log: FsLog): Promise<void> {
    const reached = new Promise<void>((resolve) => {
      this.#reached = resolve;
    });
    this.#isDying = true;
    void log.append([newRecord(100), newRecord(100)]);
    await reached;
  }
}

function dropHeader(storage: SimStorage, { path, end }: SegmentPlaces): void {
  const bytes = (storage.files().get(path) as Uint8Array).slice();
  storage.put(path, bytes.fill(0, end, end + BATCH_HEADER_BYTES));
}

function segmentsOf(storage: SimStorage): SegmentPlaces[] {
  const files = [...storage.files(DIRECTORY)].filter(([path]) => path.endsWith('.wal')).sort();
  return files.map(([path, bytes]) => {
    const name = path.slice(DIRECTORY.length + 1);
    const { uuid, sequence, firstId, headerBytes } = decodeSegmentHeader(bytes, name);
    const salt = segmentSalt(uuid, sequence);
    const view = viewOf(bytes);
    const batches: BatchPlace[] = [];
    let end = headerBytes;
    for (;;) {
      const header = decodeBatchHeader(bytes, view, end, end, salt);
      const byteOffset = end;
      if (header === undefined || end + batchBytes(header.bodyBytes) > bytes.length) break;
      end += batchBytes(header.bodyBytes);
      const bodyEnd = byteOffset + BATCH_HEADER_BYTES + header.bodyBytes;
      const nextId = header.firstId + header.recordCount;
      batches.push({ byteOffset, end, bodyEnd, firstId: header.firstId, nextId });
    }
    return { path, name, sequence, bytes, headerBytes, firstId, batches, end };
  });
}
