import {
  BATCH_ALIGNMENT,
  BATCH_HEADER_BYTES,
  BATCH_HEADER_FIELDS,
  type BatchHeader,
  batchBytes,
  decodeBatchHeader,
  isBodyIntact,
  isFooterMagic,
  viewOf,
} from '@wal/core';
import { describeIds } from '../output/extent.ts';
import type { ByteReader } from './byte-reader.ts';
import { dumpFooter } from './dump-footer.ts';
import { type DumpPart, type DumpRecord, numberIn, readFields } from './dump-part.ts';

const WINDOW_BYTES = 1024 * 1024;

/** Batches and what follows them, of one segment or object. */
export interface BatchRun {
  readonly reader: ByteReader;
  /** Where what the batches are in begins: they count their offsets from there. */
  readonly base: number;
  /** Where they begin in it. */
  readonly start: number;
  /** Seeds their CRCs. */
  readonly salt: number;
  /** The first id of the segment: footers count from it. */
  readonly firstId: number;
}

/**
 * Each batch, and behind damage the next one that checks out; the footer; the zeros. Ends behind a footer that checks out, or where
 * the bytes end. Reads a batch at a time.
 */
export async function* dumpBatches(run: BatchRun): AsyncGenerator<DumpPart, void, undefined> {
  const { reader, base } = run;
  for (let at = base + run.start; at < reader.size; ) {
    const part = await partAt(run, at);
    yield part;
    at += part.bytes;
    if (part.type === 'footer' && part.problem === undefined) return;
  }
}

async function partAt(run: BatchRun, at: number): Promise<DumpPart> {
  const { reader } = run;
  const start = await reader.read(at, BATCH_HEADER_BYTES);
  if (start.every((byte) => byte === 0)) return await zerosAt(reader, at);
  if (isFooterMagic(viewOf(start), 0)) {
    const footer = await dumpFooter(run, at);
    if (footer !== undefined) return footer;
  }
  const header = decodeBatchHeader(start, viewOf(start), 0, at - run.base, run.salt);
  return header === undefined ? await damageAt(run, at, start) : await batchAt(run, at, header);
}

async function batchAt({ reader }: BatchRun, at: number, header: BatchHeader): Promise<DumpPart> {
  const length = batchBytes(header.bodyBytes);
  const bytes = await reader.read(at, length);
  const { firstId, recordCount } = header;
  const ids = recordCount === 0 ? 'no records' : describeIds(firstId, firstId + recordCount - 1);
  const isCut = bytes.length < BATCH_HEADER_BYTES + header.bodyBytes;
  const { records, addUp } = recordsIn(bytes, at, header);
  const isSound = isBodyIntact(bytes, 0, header);
  let problem: string | undefined;
  if (isCut) problem = 'it is cut short';
  else if (!isSound) problem = 'the body does not match its CRC';
  else if (!addUp) problem = 'the lengths of the records do not add up to the body';
  return {
    type: 'batch',
    title: `batch of ${ids}`,
    byteOffset: at,
    bytes: bytes.length,
    fields: readFields(BATCH_HEADER_FIELDS, bytes, at),
    records,
    problem,
  };
}

/** The records, as far as their lengths lead to bytes that are there. */
function recordsIn(
  bytes: Uint8Array,
  at: number,
  { recordCount, firstId, bodyBytes }: BatchHeader,
): { readonly records: readonly DumpRecord[]; readonly addUp: boolean } {
  const view = viewOf(bytes);
  const end = BATCH_HEADER_BYTES + bodyBytes;
  const records: DumpRecord[] = [];
  let dataAt = BATCH_HEADER_BYTES + recordCount * 4;
  for (let i = 0; i < recordCount; i++) {
    const lengthAt = BATCH_HEADER_BYTES + i * 4;
    if (lengthAt + 4 > bytes.length) return { records, addUp: false };
    const dataEnd = dataAt + view.getUint32(lengthAt, true);
    if (dataEnd > Math.min(end, bytes.length)) return { records, addUp: false };
    const data = bytes.subarray(dataAt, dataEnd);
    records.push({ id: firstId + i, lengthOffset: at + lengthAt, byteOffset: at + dataAt, data });
    dataAt = dataEnd;
  }
  return { records, addUp: dataAt === end };
}

async function zerosAt(reader: ByteReader, at: number): Promise<DumpPart> {
  let end = at;
  for (;;) {
    const bytes = await reader.read(end, WINDOW_BYTES);
    const other = bytes.findIndex((byte) => byte !== 0);
    end += other < 0 ? bytes.length : other - (other % BATCH_ALIGNMENT);
    if (other >= 0 || bytes.length < WINDOW_BYTES) break;
  }
  const common = {
    type: 'zeros',
    byteOffset: at,
    bytes: end - at,
    fields: [],
    records: [],
  } as const;
  const isEnd = end >= reader.size;
  const problem = isEnd ? undefined : 'there is something behind them';
  return { ...common, title: isEnd ? 'zeros: nothing was written here yet' : 'zeros', problem };
}

/** From a place where nothing checks out to the next one where something does. */
async function damageAt(run: BatchRun, at: number, start: Uint8Array): Promise<DumpPart> {
  const fields = readFields(BATCH_HEADER_FIELDS, start, at);
  const isBatch = fields[0]?.value === 'WALB';
  const end = await findNext(run, at + BATCH_ALIGNMENT);
  const stated = numberIn(fields, 'byte offset');
  const isElsewhere = isBatch && stated !== at - run.base ? `, and states the place ${stated}` : '';
  return {
    type: 'damage',
    title: isBatch ? 'a batch that does not check out' : 'bytes that are nothing',
    byteOffset: at,
    bytes: end - at,
    fields: isBatch ? fields : [],
    records: [],
    problem: isBatch
      ? `its header does not match its CRC${isElsewhere}`
      : 'neither a batch, nor a footer, nor zeros',
  };
}

/** Where the next batch or footer begins that checks out; the end, if there is none. */
async function findNext(run: BatchRun, from: number): Promise<number> {
  const { reader, base, salt } = run;
  for (let at = from; at < reader.size; ) {
    const bytes = await reader.read(at, WINDOW_BYTES + BATCH_HEADER_BYTES);
    const view = viewOf(bytes);
    let pos = 0;
    for (; pos + 4 <= bytes.length && pos < WINDOW_BYTES; pos += BATCH_ALIGNMENT) {
      const isBatch = decodeBatchHeader(bytes, view, pos, at + pos - base, salt) !== undefined;
      if (isBatch) return at + pos;
      if (!isFooterMagic(view, pos)) continue;
      const footer = await dumpFooter(run, at + pos);
      if (footer?.problem === undefined && footer !== undefined) return at + pos;
    }
    at += Math.max(pos, BATCH_ALIGNMENT); // The last bytes may be too few for a magic.
  }
  return reader.size;
}
