import { readdirSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BatchBuilder,
  type BatchHeader,
  batchBytes,
  crc32,
  decodeBatchHeader,
  decodeSegmentHeader,
  encodeSegmentHeader,
  getUint64,
  type SegmentHeader,
  segmentHeaderBytes,
  segmentSalt,
  setUint64,
  viewOf,
} from '@wal/core';

const META_SLOT_BYTES = 4096;
/** Where a slot of META holds what, as its format says. */
export const META_OFFSETS = {
  counter: 32,
  epoch: 40,
  firstId: 48,
  tailSequence: 56,
  tailFirstId: 64,
  cleanOffset: 72,
  cleanNextId: 80,
} as const;

/** Changes the bytes of a file in place. */
export async function editFile(
  path: string,
  edit: (bytes: Uint8Array) => Uint8Array | undefined,
): Promise<void> {
  const bytes = new Uint8Array(await readFile(path));
  await writeFile(path, edit(bytes) ?? bytes);
}

/** The META file of a log's latest owner. */
export function metaPath(directory: string): string {
  const names = readdirSync(join(directory, 'META')).filter((name) => /^[0-9a-f]{16}$/.test(name));
  return join(directory, 'META', names.sort().at(-1) as string);
}

/** What the first slot of META says. */
export interface Meta {
  readonly uuid: Uint8Array;
  readonly epoch: number;
  readonly owner: Uint8Array;
  readonly metadata: Uint8Array;
}

export async function readMeta(directory: string): Promise<Meta> {
  const bytes = new Uint8Array(await readFile(metaPath(directory)));
  const view = viewOf(bytes);
  return {
    uuid: bytes.slice(16, 32),
    epoch: getUint64(view, META_OFFSETS.epoch),
    owner: bytes.slice(88, 96),
    metadata: bytes.slice(104, 104 + view.getUint32(96, true)),
  };
}

/** Makes META say that the log was not closed. */
export async function makeUnclean(directory: string): Promise<void> {
  await editMeta(directory, (view) => {
    setUint64(view, META_OFFSETS.cleanOffset, 0);
    setUint64(view, META_OFFSETS.cleanNextId, 0);
  });
}

/** Changes both slots of META and makes their CRCs match. */
export async function editMeta(directory: string, edit: (view: DataView) => void): Promise<void> {
  await editFile(metaPath(directory), (bytes) => {
    for (const at of [0, META_SLOT_BYTES]) {
      const slot = bytes.subarray(at, at + META_SLOT_BYTES);
      const view = viewOf(slot);
      edit(view);
      view.setUint32(12, crc32(slot.subarray(16), crc32(slot.subarray(0, 12))), true);
    }
    return undefined;
  });
}

/** One segment file, taken apart by the format alone. */
export interface SegmentFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly header: SegmentHeader & { readonly headerBytes: number };
  readonly batches: readonly BatchHeader[];
  /** Where the batches end. */
  readonly end: number;
}

export async function readSegment(directory: string, name: string): Promise<SegmentFile> {
  const path = join(directory, name);
  const bytes = new Uint8Array(await readFile(path));
  const view = viewOf(bytes);
  const header = decodeSegmentHeader(bytes, name);
  const salt = segmentSalt(header.uuid, header.sequence);
  const batches: BatchHeader[] = [];
  let end = header.headerBytes;
  for (;;) {
    const batch = decodeBatchHeader(bytes, view, end, end, salt);
    if (batch === undefined) break;
    batches.push(batch);
    end += batchBytes(batch.bodyBytes);
  }
  return { name, path, bytes, header, batches, end };
}

/** Creates a segment with these records in one batch; without records as a writer does before it asks META. */
export async function writeSegment(
  directory: string,
  header: Pick<SegmentHeader, 'sequence' | 'predecessor' | 'firstId'>,
  records: readonly Uint8Array[] = [],
  meta?: Meta,
): Promise<string> {
  const { uuid, epoch, metadata } = meta ?? (await readMeta(directory));
  const headerBytes = segmentHeaderBytes(metadata.length);
  const bytes = new Uint8Array(headerBytes);
  encodeSegmentHeader({ uuid, epoch, metadata, createdAtMs: 0, ...header }, bytes);
  const batch = new BatchBuilder();
  for (const record of records) batch.add(record);
  const encoded = batch.finish({
    firstId: header.firstId,
    epoch,
    appendedAtMs: 0,
    byteOffset: headerBytes,
    durableOffset: headerBytes,
    salt: segmentSalt(uuid, header.sequence),
  });
  const name = `${hex(header.sequence)}-${hex(header.firstId)}.wal`;
  const all = records.length === 0 ? bytes : Buffer.concat([bytes, encoded]);
  writeFileSync(join(directory, name), all); // Quicker, where there are thousands.
  return name;
}

/**
 * Batches of one record each, `count` of them, that go on from a segment: each states as durable what
 * `durableOffset` gives for its place among them.
 */
export function batchesBehind(
  { header, batches, end }: SegmentFile,
  count: number,
  durableOffset: (index: number, byteOffset: number) => number,
): Uint8Array {
  const last = batches.at(-1);
  const firstId = last === undefined ? header.firstId : last.firstId + last.recordCount;
  const salt = segmentSalt(header.uuid, header.sequence);
  const batch = new BatchBuilder();
  const encoded: Uint8Array[] = [];
  let byteOffset = end;
  for (let i = 0; i < count; i++) {
    batch.reset();
    batch.add(Uint8Array.of(i));
    const place = { firstId: firstId + i, byteOffset, durableOffset: durableOffset(i, byteOffset) };
    const bytes = batch.finish({ ...place, epoch: header.epoch, appendedAtMs: 0, salt }).slice();
    encoded.push(bytes);
    byteOffset += bytes.length;
  }
  return Buffer.concat(encoded);
}

function hex(value: number): string {
  return value.toString(16).padStart(16, '0');
}

/** Gives a segment header whose bytes were changed the CRC that it must have. */
export function sealHeader(bytes: Uint8Array): void {
  const view = viewOf(bytes);
  const metadata = bytes.subarray(80, 80 + view.getUint32(72, true));
  view.setUint32(76, crc32(metadata, crc32(bytes.subarray(0, 76))), true);
}

/** Gives a batch header whose bytes were changed the CRC that it must have. */
export function sealBatch(bytes: Uint8Array, at: number, salt: number): void {
  viewOf(bytes).setUint32(at + 4, crc32(bytes.subarray(at + 8, at + 64), salt), true);
}

/** Resolves when the log has stated that its last record is durable, as it does once it is left alone. */
export async function untilMarked(directory: string): Promise<void> {
  for (;;) {
    const name = readdirSync(directory)
      .filter((each) => each.endsWith('.wal'))
      .sort()
      .at(-1) as string;
    if ((await readSegment(directory, name)).batches.at(-1)?.recordCount === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
