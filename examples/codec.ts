// The segment format by hand: records to the bytes of a batch, and back.
// npm run build && node examples/dist/codec.js
import type { Log, LogRecord } from '@wal/core';
import { BatchBuilder, decodeBatchHeader, decodeRecords, isBodyIntact, viewOf } from '@wal/core';

// Code that uses a log asks for the interface: any backend will do.
export async function replay(log: Log, apply: (record: LogRecord) => void): Promise<void> {
  for await (const record of log.iterator()) apply(record);
}

// The codec: records to the bytes of a batch, and back.
const at = { byteOffset: 80, salt: 0x5eed };
const builder = new BatchBuilder();
builder.add(new TextEncoder().encode('hello'));
const bytes = builder.finish({ ...at, firstId: 1, epoch: 1, appendedAtMs: 0, durableOffset: 80 });
const header = decodeBatchHeader(bytes, viewOf(bytes), 0, at.byteOffset, at.salt);
const records: LogRecord[] = [];
if (header !== undefined && isBodyIntact(bytes, 0, header)) {
  decodeRecords(bytes, viewOf(bytes), 0, header, 1, 1, records);
}
console.log(records.length, new TextDecoder().decode(records[0]?.data)); // 1 hello
