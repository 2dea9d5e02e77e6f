import {
  BatchBuilder,
  type BatchHeader,
  type BatchPosition,
  decodeBatchHeader,
  decodePlaces,
  decodeRecords,
  isBodyIntact,
  type LogRecord,
  viewOf,
} from '@wal/core';
import { expect } from 'vitest';

export const POSITION: BatchPosition = {
  firstId: 1001,
  epoch: 3,
  appendedAtMs: 1_760_000_000_123,
  byteOffset: 4096,
  durableOffset: 2048,
  salt: 0x5a17_5a17,
};

/** The bytes of a batch of its own memory. */
export function batchOf(records: readonly Uint8Array[], position: BatchPosition): Uint8Array {
  const builder = new BatchBuilder();
  for (const record of records) builder.add(record);
  return builder.finish(position).slice();
}

export function decodeHeader(
  bytes: Uint8Array,
  position: Pick<BatchPosition, 'byteOffset' | 'salt'>,
  at = 0,
): BatchHeader | undefined {
  return decodeBatchHeader(bytes, viewOf(bytes), at, position.byteOffset, position.salt);
}

/** The records of the batch at `at`, as a reader that checks everything gets them; else `undefined`. */
export function decodeBatch(
  bytes: Uint8Array,
  position: Pick<BatchPosition, 'byteOffset' | 'salt'>,
  at = 0,
): readonly LogRecord[] | undefined {
  const header = decodeHeader(bytes, position, at);
  if (header === undefined || !isBodyIntact(bytes, at, header)) return undefined;
  const records: LogRecord[] = [];
  const all = [0, Number.MAX_SAFE_INTEGER] as const;
  const isWhole = decodeRecords(bytes, viewOf(bytes), at, header, ...all, records);
  expectSamePlaces(bytes, at, header, isWhole, records);
  return isWhole ? records : undefined;
}

/** What `decodePlaces` gives of the batch must be where these records are; it must refuse the same. */
function expectSamePlaces(
  bytes: Uint8Array,
  at: number,
  header: BatchHeader,
  isWhole: boolean,
  records: readonly LogRecord[],
): void {
  const places: number[] = [];
  expect(decodePlaces(viewOf(bytes), at, header, places)).toBe(isWhole);
  if (!isWhole) return;
  const starts = records.map(({ data }) => data.byteOffset - bytes.byteOffset);
  expect(places).toEqual(
    records.flatMap(({ data }, i) => [starts[i], (starts[i] as number) + data.length]),
  );
}

/** The records as the log that begins them with `firstId` holds them. */
export function numbered(records: readonly Uint8Array[], firstId: number): LogRecord[] {
  return records.map((data, i) => ({ id: firstId + i, data }));
}
