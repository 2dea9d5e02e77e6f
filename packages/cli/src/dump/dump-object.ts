import { crc32, segmentSalt, viewOf } from '@wal/core';
import { loadS3log } from '../address/load-s3log.ts';
import type { ByteReader } from './byte-reader.ts';
import { dumpBatches } from './dump-batches.ts';
import { type DumpPart, numberIn, readFields } from './dump-part.ts';

/** A chunk or a seal of a log in a bucket: its header, then batches. */
export async function* dumpObject(
  reader: ByteReader,
  env: NodeJS.ProcessEnv,
): AsyncGenerator<DumpPart, void, undefined> {
  const { OBJECT_HEADER_BYTES, OBJECT_HEADER_FIELDS } = await loadS3log(env);
  const bytes = await reader.read(0, OBJECT_HEADER_BYTES);
  const fields = readFields(OBJECT_HEADER_FIELDS, bytes, 0);
  const isSeal = numberIn(fields, 'kind: 1 chunk, 2 seal') === 2;
  const crcAt = OBJECT_HEADER_BYTES - 4;
  const isCut = bytes.length < OBJECT_HEADER_BYTES;
  const isSound =
    !isCut && viewOf(bytes).getUint32(crcAt, true) === crc32(bytes.subarray(0, crcAt));
  const header: DumpPart = {
    type: 'object-header',
    title: isSeal ? 'seal' : 'header of a chunk',
    byteOffset: 0,
    bytes: isSeal ? reader.size : bytes.length,
    fields,
    records: [],
    problem: isSound ? undefined : isCut ? 'it is cut short' : 'it does not match its CRC',
  };
  yield header;
  if (isSeal) return;
  const uuid = fields.find(({ name }) => name === 'log uuid')?.data ?? new Uint8Array(16);
  const salt = segmentSalt(uuid, numberIn(fields, 'slot'));
  const firstId = numberIn(fields, 'first id');
  yield* dumpBatches({ reader, base: 0, start: header.bytes, salt, firstId });
}
