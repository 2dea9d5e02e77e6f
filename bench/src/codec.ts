import {
  BatchBuilder,
  type BatchPosition,
  crc32,
  decodeBatchHeader,
  decodeRecords,
  isBodyIntact,
  type LogRecord,
  MAX_RECORD_ID,
  viewOf,
} from '@wal/core';
import { bench, do_not_optimize, group } from 'mitata';

const BATCH_RECORDS = 1000;
const RECORD_BYTES = 256;
const POSITION: BatchPosition = {
  firstId: 1,
  epoch: 1,
  appendedAtMs: 0,
  byteOffset: 0,
  durableOffset: 0,
  salt: 0x5eed,
};

/** The checksum at the lengths that matter: a small record, a record, a page, a large batch. */
export function benchCrc32(): void {
  group('crc32', () => {
    for (const bytes of [64, 256, 4096, 1024 * 1024]) {
      const data = new Uint8Array(bytes).fill(0xa5);
      bench(`${bytes} bytes`, () => do_not_optimize(crc32(data)));
    }
  });
}

/** Records to a batch, and back. */
export function benchBatches(): void {
  const builder = new BatchBuilder();
  const record = new Uint8Array(RECORD_BYTES).fill(0xa5);
  const encode = (): Uint8Array => {
    builder.reset();
    for (let i = 0; i < BATCH_RECORDS; i++) builder.add(record);
    return builder.finish(POSITION);
  };
  const encoded = encode().slice();
  const view = viewOf(encoded);
  group(`a batch of ${BATCH_RECORDS} records of ${RECORD_BYTES} bytes`, () => {
    bench('encode', () => do_not_optimize(encode()));
    bench('check and decode', () => do_not_optimize(decode(encoded, view)));
  });
}

function decode(bytes: Uint8Array, view: DataView): LogRecord[] {
  const records: LogRecord[] = [];
  const header = decodeBatchHeader(bytes, view, 0, POSITION.byteOffset, POSITION.salt);
  if (
    header === undefined ||
    !isBodyIntact(bytes, 0, header) ||
    !decodeRecords(bytes, view, 0, header, 0, MAX_RECORD_ID, records)
  ) {
    throw new Error('the batch does not check out');
  }
  return records;
}
