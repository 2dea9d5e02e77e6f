import { checkedVersion, crc32, FORMAT_VERSION, type FormatField, layOut, viewOf } from '@wal/core';
import type { ByteReader } from './byte-reader.ts';
import { type DumpPart, readFields } from './dump-part.ts';

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
    problem: isSound ? versionProblem(bytes) : 'it does not match its CRC',
  };
}

/** The CRC does not have the version. */
function versionProblem(bytes: Uint8Array): string | undefined {
  const view = viewOf(bytes);
  const version = checkedVersion(view.getUint16(8, true), view.getUint16(10, true));
  if (version === FORMAT_VERSION) return undefined;
  return version === undefined ? 'its version is broken' : `it is of format version ${version}`;
}
