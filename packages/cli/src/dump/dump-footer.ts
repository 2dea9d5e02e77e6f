import {
  decodeFooter,
  FOOTER_FIELDS,
  FOOTER_TRAILER_BYTES,
  type FormatField,
  layOut,
} from '@wal/core';
import type { BatchRun } from './dump-batches.ts';
import { type DumpPart, numberIn, readFields } from './dump-part.ts';

const FIXED_BYTES = FOOTER_FIELDS.reduce((sum, { bytes }) => sum + bytes, 0);

/** The footer at a place that has its magic; `undefined` where its length cannot be one. */
export async function dumpFooter(run: BatchRun, at: number): Promise<DumpPart | undefined> {
  const { reader, base, firstId, salt } = run;
  const fixed = readFields(FOOTER_FIELDS, await reader.read(at, FIXED_BYTES), at);
  const length = numberIn(fixed, 'footer bytes');
  const count = numberIn(fixed, 'entry count');
  const isPossible =
    length === FIXED_BYTES + count * 8 + FOOTER_TRAILER_BYTES && at + length <= reader.size;
  if (!isPossible) return undefined;
  const bytes = await reader.read(at, length);
  const footer = decodeFooter(bytes, at - base, firstId, salt);
  return {
    type: 'footer',
    title: `footer with ${count} index ${count === 1 ? 'entry' : 'entries'}`,
    byteOffset: at,
    bytes: length,
    fields: readFields(layoutOf(count), bytes, at),
    records: [],
    problem: footer === undefined ? 'it does not match its CRC, or is of another place' : undefined,
  };
}

function layoutOf(count: number): readonly FormatField[] {
  const fixed = FOOTER_FIELDS.map(({ name, bytes, kind }) => [name, bytes, kind] as const);
  const entries = Array.from({ length: count }, (_, i) => [
    [`entry ${i}: id, less the first id`, 4, 'number'] as const,
    [`entry ${i}: byte offset`, 4, 'number'] as const,
  ]);
  return layOut([
    ...fixed,
    ...entries.flat(),
    ['footer bytes, again', 4, 'number'],
    ['magic', 4, 'text'],
  ]);
}
