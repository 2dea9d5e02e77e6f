import { crc32, type FormatField, layOut } from '@wal/core';
import type { ByteReader } from './byte-reader.ts';
import { type DumpPart, readFields } from './dump-part.ts';
import { versionProblem } from './version-problem.ts';

const ROOT_FIELDS: readonly FormatField[] = layOut([
  ['magic', 8, 'text'],
  ['format version', 2, 'number'],
  ['its complement', 2, 'check'],
  ['CRC of what follows', 4, 'check'],
]);
const HEADER_BYTES = 16;

/** A root version of a log in a bucket: a header, then JSON. */
export async function* dumpRoot(reader: ByteReader): AsyncGenerator<DumpPart, void, undefined> {
  const bytes = await reader.read(0, reader.size);
  const json = bytes.subarray(HEADER_BYTES);
  const fields = readFields(ROOT_FIELDS, bytes, 0);
  const stated = Buffer.from(fields.at(-1)?.data ?? []);
  const isSound = stated.length === 4 && stated.readUInt32LE() === crc32(json);
  const value = Buffer.from(json).toString();
  yield {
    type: 'root',
    title: 'root version',
    byteOffset: 0,
    bytes: bytes.length,
    fields: [...fields, { name: 'JSON', byteOffset: HEADER_BYTES, data: json, value }],
    records: [],
    // The CRC does not have the version.
    problem: isSound ? versionProblem(bytes) : 'it does not match its CRC',
  };
}
