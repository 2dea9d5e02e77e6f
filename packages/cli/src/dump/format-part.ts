import { previewBytes, spaced } from '../output/preview.ts';
import type { Style } from '../output/style.ts';
import type { DumpField, DumpPart, DumpRecord } from './dump-part.ts';

/** Bytes of a line. */
const LINE_BYTES = 8;
const HEX_COLUMNS = LINE_BYTES * 3 - 1;
const PREVIEW_BYTES = 64;
/** So much of a field or record is shown in hex. */
const MAX_LINES = 2;

/** One line: where, how long, what, and what is wrong with it. */
export function formatTitle(part: DumpPart, digits: number, style: Style): string {
  const { byteOffset, bytes, title, problem } = part;
  const at = byteOffset.toString(16).padStart(digits, '0');
  const text = `${at}  ${title}, ${bytes} bytes`;
  return problem === undefined ? style.bold(text) : style.red(`${text}: ${problem}`);
}

/** The lines of all fields and records, in the order of their bytes. */
export function formatPart({ fields, records }: DumpPart, digits: number): readonly string[] {
  return [
    ...fields.flatMap((field) => lines(field.byteOffset, field.data, describe(field), digits)),
    ...records.flatMap((record) => formatLength(record, digits)),
    ...records.flatMap(({ id, byteOffset, data }) =>
      lines(byteOffset, data, `record ${id}: ${previewBytes(data, PREVIEW_BYTES)}`, digits),
    ),
  ];
}

function describe({ name, value, data }: DumpField): string {
  if (name === 'metadata') return `${name}: ${previewBytes(data, PREVIEW_BYTES)}`;
  if (name === 'magic') return `${name}: ${JSON.stringify(value).replaceAll('\x89', '\\x89')}`;
  return `${name}: ${value}`;
}

function formatLength({ id, lengthOffset, data }: DumpRecord, digits: number): readonly string[] {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, data.length, true);
  return lines(lengthOffset, length, `length of record ${id}: ${data.length}`, digits);
}

/** The first bytes in hex, with their meaning beside them. */
function lines(byteOffset: number, data: Uint8Array, meaning: string, digits: number): string[] {
  const count = Math.min(MAX_LINES, Math.ceil(data.length / LINE_BYTES));
  return Array.from({ length: count }, (_, i) => {
    const bytes = data.subarray(i * LINE_BYTES, (i + 1) * LINE_BYTES);
    const isCut = i === count - 1 && data.length > count * LINE_BYTES;
    const hex = isCut ? `${spaced(bytes.subarray(0, -1))} ..` : spaced(bytes);
    const at = (byteOffset + i * LINE_BYTES).toString(16).padStart(digits, '0');
    return i === 0 ? `${at}  ${hex.padEnd(HEX_COLUMNS)}  ${meaning}` : `${at}  ${hex}`;
  });
}

/** For programs: a part as JSON. */
export function partAsJson(part: DumpPart): string {
  const { type, byteOffset, bytes, fields, records, problem } = part;
  return JSON.stringify({
    type,
    byteOffset,
    bytes,
    problem: problem ?? null,
    fields: fields.map(({ name, byteOffset: at, value }) => ({ name, byteOffset: at, value })),
    records: records.map(({ id, byteOffset: at, data }) => ({
      id,
      byteOffset: at,
      bytes: data.length,
    })),
  });
}
