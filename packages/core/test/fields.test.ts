import {
  BATCH_HEADER_BYTES,
  BATCH_HEADER_FIELDS,
  decodeBatchHeader,
  decodeFooter,
  decodeSegmentHeader,
  FOOTER_FIELDS,
  type FormatField,
  SEGMENT_HEADER_FIELDS,
  segmentSalt,
  viewOf,
} from '@wal/core';
import { expect, test } from 'vitest';
import { readGolden } from './golden.ts';

const bytes = readGolden('worked-example.wal');
const view = viewOf(bytes);
const { headerBytes, ...header } = decodeSegmentHeader(bytes, 'worked-example.wal');
const salt = segmentSalt(header.uuid, header.sequence);

/** What stands in a field, of something that begins at `start`. */
function valueIn(fields: readonly FormatField[], name: string, start: number): unknown {
  const field = fields.find((each) => each.name === name);
  if (field === undefined) throw new Error(`there is no field ${name}`);
  const at = start + field.at;
  switch (field.bytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true);
    case 4:
      return view.getUint32(at, true);
    case 8:
      return Number(view.getBigUint64(at, true));
    default:
      return bytes.subarray(at, at + field.bytes);
  }
}

test('the fields of a segment header are where the codec has them', () => {
  const field = (name: string): unknown => valueIn(SEGMENT_HEADER_FIELDS, name, 0);
  expect(field('header bytes')).toBe(headerBytes);
  expect(field('log uuid')).toEqual(header.uuid);
  expect(field('epoch')).toBe(header.epoch);
  expect(field('sequence')).toBe(header.sequence);
  expect(field('predecessor')).toBe(header.predecessor);
  expect(field('first id')).toBe(header.firstId);
  expect(field('created at')).toBe(header.createdAtMs);
  expect(field('metadata bytes')).toBe(header.metadata.length);
  const end = SEGMENT_HEADER_FIELDS.at(-1);
  const metadataAt = (end?.at ?? 0) + (end?.bytes ?? 0);
  expect(bytes.subarray(metadataAt, metadataAt + 4)).toEqual(header.metadata);
});

test('the fields of a batch header are where the codec has them, and fill it', () => {
  const batch = decodeBatchHeader(bytes, view, headerBytes, headerBytes, salt);
  const field = (name: string): unknown => valueIn(BATCH_HEADER_FIELDS, name, headerBytes);
  expect({
    bodyBytes: field('body bytes'),
    recordCount: field('record count'),
    firstId: field('first id'),
    epoch: field('epoch'),
    appendedAtMs: field('append time'),
    byteOffset: field('byte offset'),
    durableOffset: field('durable offset'),
    codec: field('codec'),
    bodyCrc: field('CRC of the body'),
  }).toEqual(batch);
  const end = BATCH_HEADER_FIELDS.at(-1);
  expect((end?.at ?? 0) + (end?.bytes ?? 0)).toBe(BATCH_HEADER_BYTES);
});

test('the fields of a footer are where the codec has them', () => {
  const start = bytes.length - 56;
  const footer = decodeFooter(bytes.subarray(start), start, header.firstId, salt);
  const field = (name: string): unknown => valueIn(FOOTER_FIELDS, name, start);
  expect(field('footer bytes')).toBe(56);
  expect(field('entry count')).toBe(footer?.entries.length);
  expect(field('byte offset')).toBe(footer?.byteOffset);
  expect(field('next id')).toBe(footer?.nextId);
  expect(field('successor')).toBe(0);
  const end = FOOTER_FIELDS.at(-1);
  const entryAt = start + (end?.at ?? 0) + (end?.bytes ?? 0);
  expect(view.getUint32(entryAt + 4, true)).toBe(footer?.entries[0]?.byteOffset);
});
