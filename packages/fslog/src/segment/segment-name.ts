import type { RecordId } from '@wal/core';

/** A sequence is the epoch of the segment's owner and its count: 2^24 segments for each of 2^29 epochs. */
const SEGMENTS_PER_EPOCH = 2 ** 24;

const HEX = 16;
const PATTERN = /^[0-9a-f]{16}-[0-9a-f]{16}\.wal$/;

/** The sequence of an owner's segment, counted from 1; `undefined` when its numbers are used up. */
export function sequenceOfEpoch(epoch: number, count: number): number | undefined {
  const sequence = epoch * SEGMENTS_PER_EPOCH + count;
  return count < SEGMENTS_PER_EPOCH && Number.isSafeInteger(sequence) ? sequence : undefined;
}

/** The sequence of the first segment of an owner. */
export function firstSequenceOf(epoch: number): number {
  return epoch * SEGMENTS_PER_EPOCH + 1;
}

/** The epoch of the owner that a segment is of. */
export function epochOfSequence(sequence: number): number {
  return Math.floor(sequence / SEGMENTS_PER_EPOCH);
}

/** `<sequence, 16 hex>-<first id, 16 hex>.wal`: names sort as the segments follow one another. */
export function segmentName(sequence: number, firstId: RecordId): string {
  return `${hex(sequence)}-${hex(firstId)}.wal`;
}

/** Whether a file of this name can be a segment. */
export function isSegmentName(name: string): boolean {
  return PATTERN.test(name);
}

/** The sequence in a segment's name. Not exact above 2^53 − 1. */
export function sequenceOf(name: string): number {
  return Number.parseInt(name.slice(0, HEX), 16);
}

/** The first id in a segment's name. Not exact above 2^53 − 1. */
export function firstIdOf(name: string): RecordId {
  return Number.parseInt(name.slice(HEX + 1, HEX + 1 + HEX), 16);
}

function hex(value: number): string {
  return value.toString(16).padStart(HEX, '0');
}
