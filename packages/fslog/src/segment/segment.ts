import type { RecordId } from '@wal/core';
import type { SegmentIndex } from './segment-index.ts';
import { firstIdOf, sequenceOf } from './segment-name.ts';

/** One live segment, as its log knows it. */
export class Segment {
  readonly sequence: number;
  readonly firstId: RecordId;
  readonly name: string;
  /**
   * Where the batches end that may be read: all below it was acknowledged, so what does not check out is
   * corrupt. `undefined` where only the footer, or a scan, can tell.
   */
  readableEnd: number | undefined;
  /** The index so far, while the segment grows; `undefined` when the footer or a scan has to tell. */
  index: SegmentIndex | undefined;
  /** Whether it is known to be what its successor goes on from. */
  isLinked = false;

  constructor(name: string) {
    this.sequence = sequenceOf(name);
    this.firstId = firstIdOf(name);
    this.name = name;
  }
}
