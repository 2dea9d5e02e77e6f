import { describe, expect, test } from 'vitest';
import type { MetaState } from '../src/meta/meta.ts';
import { followChain } from '../src/verification/chain.ts';
import type { SegmentFacts } from '../src/verification/segment-facts.ts';
import { rebuildState } from '../src/verification/state-rebuild.ts';

const UUID = new Uint8Array(16);
const NO_BYTES = new Uint8Array(0);

/** How often a sequence was looked at. */
let looks = 0;

/** A segment of one record. */
class Facts implements SegmentFacts {
  readonly name: string;
  readonly firstId: number;
  readonly epoch = 1;
  readonly header: SegmentFacts['header'];
  readonly unsupported = undefined;

  constructor(sequence: number, hasHeader = true) {
    const hex = sequence.toString(16).padStart(16, '0');
    this.name = `${hex}-${hex}.wal`;
    this.firstId = sequence;
    const place = { sequence, predecessor: sequence - 1, firstId: sequence };
    this.header = hasHeader ? { ...place, epoch: 1, uuid: UUID, metadata: NO_BYTES } : undefined;
  }

  get sequence(): number {
    looks++;
    return this.firstId;
  }
}

function stateOf(count: number): MetaState {
  return {
    uuid: UUID,
    epoch: 1,
    owner: new Uint8Array(8),
    firstId: 1,
    tail: { sequence: count, firstId: count },
    clean: undefined,
    metadata: NO_BYTES,
  };
}

const successorOf = async ({ sequence }: SegmentFacts): Promise<number> => sequence + 1;

describe('what a verification does for each segment does not grow with their number', () => {
  const COUNT = 4000;

  for (const [what, isLeft, hasHeader] of [
    ['all are there', () => true, () => true],
    ['every third is missing', (i: number) => i % 3 > 0 || i === COUNT, () => true],
    ['every third lacks its header', () => true, (i: number) => i % 3 > 0],
  ] as const) {
    test(`where ${what}`, async () => {
      const sequences = Array.from({ length: COUNT }, (_, i) => i + 1).filter(isLeft);
      const segments = sequences.map((sequence) => new Facts(sequence, hasHeader(sequence)));
      looks = 0;
      const { links, problems } = await followChain(segments, stateOf(COUNT), successorOf);
      expect(links.map(({ firstId }) => firstId)).toEqual(sequences);
      expect(problems).toHaveLength(COUNT - sequences.length);
      // Sorting takes some, the more the more there are; one of each with each would take thousands.
      expect(looks / COUNT).toBeLessThan(100);
    });
  }
});

test('META is put together from more segments than a call takes arguments', async () => {
  const count = 150_000;
  const segments = Array.from({ length: count }, (_, i) => new Facts(i + 1));
  const meta = { state: undefined, hint: undefined, highestEpoch: 0, problems: [] };
  const { state } = await rebuildState(segments, meta, {
    holdsBatch: async () => true,
    successorOf: async (each) => (each.sequence < count ? each.sequence + 1 : undefined),
    endOf: async ({ firstId }) => firstId + 1,
  });
  expect(state).toMatchObject({ epoch: 1, firstId: 1, tail: { sequence: count } });
});
