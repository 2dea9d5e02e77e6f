import {
  decodeSegmentHeader,
  encodeSegmentStream,
  isLogError,
  LogError,
  type LogRecord,
  SegmentStreamReader,
} from '@wal/core';
import { describe, expect, test } from 'vitest';
import { bitFlips } from './bit-flips.ts';
import { readGolden } from './golden.ts';

const ORIGIN = {
  uuid: Uint8Array.from({ length: 16 }, (_, i) => i),
  epoch: 3,
  firstId: 7,
  createdAtMs: 1_760_000_000_000,
  metadata: new TextEncoder().encode('orders'),
};

/** Runs of records, of so many bytes each; the first has the id `from`. */
async function* runs(
  from: number,
  ...sizes: readonly (readonly number[])[]
): AsyncGenerator<readonly LogRecord[]> {
  let id = from;
  for (const run of sizes) {
    yield run.map((length) => ({ id, data: new Uint8Array(length).fill((id++ * 37) % 251) }));
  }
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

interface ReadStream {
  readonly records: LogRecord[];
  readonly error: LogError | undefined;
  readonly nextId: number | undefined;
}

async function read(bytes: Uint8Array, pieces = 1000): Promise<ReadStream> {
  const records: LogRecord[] = [];
  let reader: SegmentStreamReader | undefined;
  try {
    reader = await SegmentStreamReader.open(inPieces(bytes, pieces), 'it');
    for await (const batch of reader.batches()) records.push(...batch);
    return { records, error: undefined, nextId: reader.nextId };
  } catch (error) {
    if (!(error instanceof LogError)) throw error;
    return { records, error, nextId: reader?.nextId };
  }
}

async function recordsOf(batches: AsyncIterable<readonly LogRecord[]>): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  for await (const batch of batches) records.push(...batch);
  return records;
}

/** Of two segments, with an empty record, and a batch of one. */
const SIZES = [[10, 0, 200], [1], [90, 90]];
const small = (): Promise<Buffer> =>
  bytesOf(encodeSegmentStream({ ...ORIGIN, segmentBytes: 500 }, runs(7, ...SIZES)));

describe('a stream of segments', () => {
  test.each([1, 7, 64, 1000, 1 << 20])(
    'gives what it was made of, in pieces of %i bytes',
    async (pieces) => {
      const bytes = await small();
      const { records, error, nextId } = await read(bytes, pieces);
      expect(error).toBeUndefined();
      expect(nextId).toBe(13);
      const expected = await recordsOf(runs(7, ...SIZES));
      expect(records.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      expect(records.map(({ data }) => Buffer.from(data).toString('hex'))).toEqual(
        expected.map(({ data }) => Buffer.from(data).toString('hex')),
      );
    },
  );

  test('says whose it is', async () => {
    const reader = await SegmentStreamReader.open(inPieces(await small(), 100), 'it');
    expect(reader.header).toMatchObject({
      uuid: ORIGIN.uuid,
      epoch: 3,
      firstId: 7,
      sequence: 1,
      metadata: ORIGIN.metadata,
    });
  });

  test('of no records says where the log goes on', async () => {
    const bytes = await bytesOf(encodeSegmentStream({ ...ORIGIN, firstId: 0 }, runs(0)));
    expect(await read(bytes)).toEqual({ records: [], error: undefined, nextId: 0 });
  });

  test('is of segments that are whole by themselves', async () => {
    const bytes = await small();
    expect(decodeSegmentHeader(bytes, 'first')).toMatchObject({ firstId: 7, sequence: 1 });
    const second = bytes.indexOf(bytes.subarray(0, 8), 8);
    expect(second).toBeGreaterThan(0);
    const header = decodeSegmentHeader(bytes.subarray(second), 'second');
    expect(header).toMatchObject({ firstId: 11, sequence: 2, predecessor: 1 });
    expect((await read(bytes.subarray(second))).records).toHaveLength(2);
  });

  test('is each sealed segment of the golden files', async () => {
    const { records, error } = await read(readGolden('worked-example.wal'));
    expect(error).toBeUndefined();
    expect(records.map(({ data }) => Buffer.from(data).toString())).toEqual(['hello', 'world!']);
  });

  test('refuses to be made with a gap', async () => {
    const gap = encodeSegmentStream(ORIGIN, runs(8, [1]));
    const error = await bytesOf(gap).catch((reason: unknown) => reason);
    expect(isLogError(error, 'ERR_LOG_NON_SEQUENTIAL') && error.expectedId).toBe(7);
  });

  test('large records, and thousands of batches, pass', async () => {
    const sizes = Array.from({ length: 3000 }, (_, i) => (i % 500 === 0 ? [300_000] : [i % 7, 20]));
    const bytes = await bytesOf(
      encodeSegmentStream({ ...ORIGIN, segmentBytes: 1 << 19 }, runs(7, ...sizes)),
    );
    const { records, error } = await read(bytes, 65_536);
    expect(error).toBeUndefined();
    const expected = await recordsOf(runs(7, ...sizes));
    expect(records.length).toBe(expected.length);
    expect(
      records.every(({ data }, i) => Buffer.compare(data, expected[i]?.data as Uint8Array) === 0),
    ).toBe(true);
  });
});

describe('a damaged stream', () => {
  test('cut at any length is refused, and gives whole batches before', async () => {
    const bytes = await small();
    const all = await recordsOf(runs(7, ...SIZES));
    for (let length = 0; length < bytes.length; length++) {
      const { records, error, nextId } = await read(bytes.subarray(0, length));
      expect(error?.code, `${length} bytes`).toBe('ERR_LOG_CORRUPT');
      expect(records).toEqual(all.slice(0, records.length));
      if (nextId !== undefined) expect(records.length).toBe(nextId - 7);
    }
  });

  test('with any bit flipped gives the records, or some and an error; never others', async () => {
    const bytes = await small();
    const all = await recordsOf(runs(7, ...SIZES));
    let accepted = 0;
    for (const flip of bitFlips(bytes, 0, bytes.length)) {
      const { records, error } = await read(bytes);
      expect(records, flip).toEqual(all.slice(0, records.length));
      if (error === undefined) {
        expect(records, flip).toHaveLength(all.length);
        accepted++;
      }
    }
    // What is in padding is not looked at: 2 bytes of each header, and 2, 3 and 4 of the batches.
    expect(accepted).toBe(8 * (2 + 2 + 2 + 3 + 4));
  });

  test('with something else behind it is refused', async () => {
    const { error, records } = await read(Buffer.concat([await small(), Buffer.alloc(4096)]));
    expect(records).toHaveLength(6);
    expect(error?.code).toBe('ERR_LOG_UNSUPPORTED_FORMAT');
  });

  test('that lies about the length of its footer does not wait for it', async () => {
    const bytes = await bytesOf(encodeSegmentStream(ORIGIN, runs(7, [10])));
    const footerAt = bytes.lastIndexOf('INDX');
    bytes.writeUInt32LE(0xfffffff8, footerAt + 8);
    const { error } = await read(Buffer.concat([bytes, Buffer.alloc(1 << 20)]));
    expect(error).toMatchObject({ code: 'ERR_LOG_CORRUPT', byteOffset: footerAt });
  });
});

describe('streams one behind the other', () => {
  const part = (from: number, metadata = 'orders'): Promise<Buffer> =>
    bytesOf(
      encodeSegmentStream(
        { ...ORIGIN, firstId: from, metadata: Buffer.from(metadata) },
        runs(from, [5, 5]),
      ),
    );

  test('are one, where the second goes on from the first', async () => {
    const { records, error } = await read(Buffer.concat([await part(7), await part(9)]));
    expect(error).toBeUndefined();
    expect(records.map(({ id }) => id)).toEqual([7, 8, 9, 10]);
  });

  test('are refused with a gap, or twice the same', async () => {
    for (const from of [7, 10]) {
      const { records, error } = await read(Buffer.concat([await part(7), await part(from)]));
      expect(records).toHaveLength(2);
      expect(error).toMatchObject({ code: 'ERR_LOG_NON_SEQUENTIAL', expectedId: 9 });
    }
  });

  test('are refused with other metadata', async () => {
    const { error } = await read(Buffer.concat([await part(7), await part(9, 'other')]));
    expect(error?.code).toBe('ERR_LOG_METADATA_MISMATCH');
  });

  test('the second for a successor that is missing: refused', async () => {
    const bytes = await small();
    const second = bytes.indexOf(bytes.subarray(0, 8), 8);
    const { error } = await read(Buffer.concat([bytes.subarray(0, second), await part(11)]));
    expect(error).toMatchObject({
      code: 'ERR_LOG_CORRUPT',
      byteOffset: second,
      firstAffectedId: 11,
    });
  });
});
