/** How the bytes of a field are to be read; numbers are little-endian. */
export type FieldKind =
  /** A number of 1, 2, 4 or 8 bytes. */
  | 'number'
  /** Milliseconds since 1970, in 8 bytes. */
  | 'time'
  /** A CRC, or a complement: of use only to be compared. */
  | 'check'
  /** Bytes that name something. */
  | 'name'
  /** ASCII. */
  | 'text'
  /** Zeros. */
  | 'zero';

/** A field that is always in the same place, counted from the start of what it is in. */
export interface FormatField {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
  readonly kind: FieldKind;
}

/** Fields one behind the other, from the first byte on. */
export function layOut(
  fields: readonly (readonly [name: string, bytes: number, kind: FieldKind])[],
): readonly FormatField[] {
  let at = 0;
  return fields.map(([name, bytes, kind]) => {
    const field = { name, at, bytes, kind };
    at += bytes;
    return field;
  });
}

/** A segment header, up to the metadata. */
export const SEGMENT_HEADER_FIELDS: readonly FormatField[] = layOut([
  ['magic', 8, 'text'],
  ['format version', 2, 'number'],
  ['its complement', 2, 'check'],
  ['header bytes', 4, 'number'],
  ['log uuid', 16, 'name'],
  ['epoch', 8, 'number'],
  ['sequence', 8, 'number'],
  ['predecessor', 8, 'number'],
  ['first id', 8, 'number'],
  ['created at', 8, 'time'],
  ['metadata bytes', 4, 'number'],
  ['CRC', 4, 'check'],
]);

/** A batch, up to its body. */
export const BATCH_HEADER_FIELDS: readonly FormatField[] = layOut([
  ['magic', 4, 'text'],
  ['CRC of the header', 4, 'check'],
  ['body bytes', 4, 'number'],
  ['record count', 4, 'number'],
  ['first id', 8, 'number'],
  ['epoch', 8, 'number'],
  ['append time', 8, 'time'],
  ['byte offset', 8, 'number'],
  ['durable offset', 8, 'number'],
  ['codec', 1, 'number'],
  ['zero', 3, 'zero'],
  ['CRC of the body', 4, 'check'],
]);

/** A footer, up to its entries. */
export const FOOTER_FIELDS: readonly FormatField[] = layOut([
  ['magic', 4, 'text'],
  ['CRC', 4, 'check'],
  ['footer bytes', 4, 'number'],
  ['entry count', 4, 'number'],
  ['byte offset', 8, 'number'],
  ['next id', 8, 'number'],
  ['successor', 8, 'number'],
]);
