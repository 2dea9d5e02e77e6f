import { crc32, viewOf } from '@wal/core';
import type { ByteReader } from './byte-reader.ts';
import { type DumpField, type DumpPart, numberIn, readFields } from './dump-part.ts';
import { versionProblem } from './version-problem.ts';

export const META_MAGIC = '\x89WALMET\n';

/** A file of META: two slots, of which the one with the higher counter tells the state of the log. */
export async function* dumpMeta(reader: ByteReader): AsyncGenerator<DumpPart, void, undefined> {
  const { META_SLOT_BYTES } = await import('@wal/fslog');
  // Both slots at least: of a file that is cut, the second is not there.
  const slots = await Promise.all([0, META_SLOT_BYTES].map((at) => slotAt(reader, at)));
  const counters = slots.map(({ problem, fields }) =>
    problem === undefined ? numberIn(fields, 'counter of commits') : -1,
  );
  const newest = counters.indexOf(Math.max(...counters));
  for (const [i, slot] of slots.entries()) {
    const isState = i === newest && slot.problem === undefined;
    yield { ...slot, title: `slot ${i} of META${isState ? ', which tells the state' : ''}` };
  }
  const end = 2 * META_SLOT_BYTES;
  if (reader.size <= end) return;
  yield {
    type: 'damage',
    title: 'bytes that are nothing',
    byteOffset: end,
    bytes: reader.size - end,
    fields: [],
    records: [],
    problem: 'META ends with its second slot',
  };
}

async function slotAt(reader: ByteReader, at: number): Promise<DumpPart> {
  const { META_SLOT_BYTES, META_SLOT_FIELDS } = await import('@wal/fslog');
  const bytes = await reader.read(at, META_SLOT_BYTES);
  const fields = readFields(META_SLOT_FIELDS, bytes, at);
  const isCut = bytes.length < META_SLOT_BYTES;
  const metadataAt = META_SLOT_FIELDS.reduce((sum, field) => sum + field.bytes, 0);
  const data = bytes.subarray(metadataAt, metadataAt + numberIn(fields, 'metadata bytes'));
  const metadata: DumpField = {
    name: 'metadata',
    byteOffset: at + metadataAt,
    data,
    value: Buffer.from(data).toString('base64'),
  };
  return {
    type: 'meta-slot',
    title: 'slot of META',
    byteOffset: Math.min(at, reader.size),
    bytes: bytes.length,
    fields: data.length === 0 ? fields : [...fields, metadata],
    records: [],
    problem: isCut ? 'it is cut short' : problemOf(bytes, fields[0]?.value),
  };
}

function problemOf(bytes: Uint8Array, magic: unknown): string | undefined {
  if (magic !== META_MAGIC) return 'its magic is another one';
  const crc = crc32(bytes.subarray(16), crc32(bytes.subarray(0, 12)));
  const isSound = viewOf(bytes).getUint32(12, true) === crc;
  // The version first: of a newer one, the CRC may be anywhere.
  return versionProblem(bytes) ?? (isSound ? undefined : 'it does not match its CRC');
}
