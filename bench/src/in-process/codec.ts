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
import { do_not_optimize } from 'mitata';
import type { Measurement } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import { recordOf } from '../runner/record.ts';
import { callsPerSecond, type Timed } from './mitata-run.ts';

const BATCH_RECORDS = 1000;
const RECORD_BYTES = 256;
const CHECKED_BYTES = [64, 256, 4096, 1024 * 1024];
const POSITION: BatchPosition = {
  firstId: 1,
  epoch: 1,
  appendedAtMs: 0,
  byteOffset: 0,
  durableOffset: 0,
  salt: 0x5eed,
};

/** What core does to bytes: the checksum at the lengths that matter, records to a batch, and back. */
export const codec: Measurement = {
  name: 'codec',
  title: 'checksums, and records to a batch and back, without a disk',
  async run(): Promise<Figure[]> {
    const checks = await callsPerSecond(CHECKED_BYTES.map(checksum));
    const checksums = [...checks].map(
      ([load, rate]): Figure => ({
        measurement: 'codec',
        load,
        contender: 'core',
        metric: 'crc32',
        unit: 'MB/s',
        rounds: [rate / 1e6],
      }),
    );
    const rates = await callsPerSecond(batchCalls());
    const batches = [...rates].map(
      ([metric, rate]): Figure => ({
        measurement: 'codec',
        load: `${BATCH_RECORDS} records of ${RECORD_BYTES} bytes`,
        contender: 'core',
        metric,
        unit: 'records/s',
        rounds: [rate],
      }),
    );
    const figures = [...checksums, ...batches];
    printFigures('codec', figures);
    return figures;
  },
};

function checksum(bytes: number): Timed {
  const data = recordOf(bytes);
  return {
    name: `${bytes} bytes`,
    count: bytes,
    run: () => do_not_optimize(crc32(data)),
  };
}

function batchCalls(): Timed[] {
  const builder = new BatchBuilder();
  const record = recordOf(RECORD_BYTES);
  const encode = (): Uint8Array => {
    builder.reset();
    for (let i = 0; i < BATCH_RECORDS; i++) builder.add(record);
    return builder.finish(POSITION);
  };
  const encoded = encode().slice();
  const view = viewOf(encoded);
  return [
    { name: 'encode', count: BATCH_RECORDS, run: () => do_not_optimize(encode()) },
    {
      name: 'check and decode',
      count: BATCH_RECORDS,
      run: () => do_not_optimize(decode(encoded, view)),
    },
  ];
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
