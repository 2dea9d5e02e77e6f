import type { FormatField, RecordId } from '@wal/core';

/** A field, its bytes, and what they say. */
export interface DumpField {
  readonly name: string;
  readonly byteOffset: number;
  readonly data: Uint8Array;
  /** Numbers above 2^53 as their digits. */
  readonly value: number | string;
}

/** One record in the body of a batch. */
export interface DumpRecord {
  readonly id: RecordId;
  readonly lengthOffset: number;
  readonly byteOffset: number;
  readonly data: Uint8Array;
}

/** What some of the bytes are. */
export interface DumpPart {
  readonly type:
    | 'segment-header'
    | 'batch'
    | 'footer'
    | 'object-header'
    | 'root'
    | 'meta-slot'
    | 'zeros'
    | 'damage';
  readonly title: string;
  readonly byteOffset: number;
  readonly bytes: number;
  readonly fields: readonly DumpField[];
  readonly records: readonly DumpRecord[];
  /** What of it does not check out. */
  readonly problem: string | undefined;
}

/** The fields that stand in `bytes`, which begin at `byteOffset`: as many as are all there. */
export function readFields(
  layout: readonly FormatField[],
  bytes: Uint8Array,
  byteOffset: number,
): readonly DumpField[] {
  return layout
    .filter(({ at, bytes: length }) => at + length <= bytes.length)
    .map((field) => {
      const data = bytes.subarray(field.at, field.at + field.bytes);
      return {
        name: field.name,
        byteOffset: byteOffset + field.at,
        data,
        value: meaningOf(field, data),
      };
    });
}

/** The number in a field; 0 if it is not there. */
export function numberIn(fields: readonly DumpField[], name: string): number {
  return Number(fields.find((field) => field.name === name)?.value ?? 0);
}

function meaningOf({ kind }: FormatField, data: Uint8Array): number | string {
  switch (kind) {
    case 'number':
    case 'zero': {
      const number = numberOf(data);
      return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : `${number}`;
    }
    case 'time': {
      const ms = Number(numberOf(data));
      return ms <= 8.64e15 ? new Date(ms).toISOString() : `${ms}`;
    }
    case 'check':
      return `0x${numberOf(data)
        .toString(16)
        .padStart(data.length * 2, '0')}`;
    case 'name':
      return Buffer.from(data).toString('hex');
    case 'text':
      return Buffer.from(data).toString('latin1');
  }
}

/** Little-endian. */
function numberOf(data: Uint8Array): bigint {
  return data.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}
