import { randomBytes } from 'node:crypto';
import type { RecordId } from '@wal/core';
import type { MetaState } from '../meta/meta.ts';
import { followChain } from './chain.ts';
import type { MetaSurvey } from './meta-survey.ts';
import { hasOwnHeader, type SegmentFacts } from './segment-facts.ts';

/** What the segments' batches and footers tell, looked up when it is needed. */
export interface SegmentEvidence {
  readonly holdsBatch: (facts: SegmentFacts, uuid: Uint8Array) => Promise<boolean>;
  readonly successorOf: (facts: SegmentFacts, uuid: Uint8Array) => Promise<number | undefined>;
  readonly endOf: (facts: SegmentFacts, uuid: Uint8Array) => Promise<RecordId>;
}

export interface RebuiltState {
  readonly state: MetaState;
  /** What cannot be known any more. */
  readonly doubts: readonly string[];
}

/** The state of a log whose META is lost, or is not its own, as far as the segments tell it. */
export async function rebuildState(
  segments: readonly SegmentFacts[],
  meta: MetaSurvey,
  evidence: SegmentEvidence,
): Promise<RebuiltState> {
  const newestFirst = [...segments].sort((a, b) => b.sequence - a.sequence);
  const hint = usableHint(newestFirst, meta);
  const newest = newestFirst.find(({ header }) => header !== undefined)?.header;
  const uuid = hint?.uuid ?? newest?.uuid ?? new Uint8Array(randomBytes(16));
  const own = newestFirst.filter(
    (facts) => facts.header === undefined || hasOwnHeader(facts, uuid),
  );
  const tail = await findTail(own, uuid, evidence);
  const state: MetaState = {
    uuid,
    epoch: own.reduce((highest, { epoch }) => Math.max(highest, epoch), meta.highestEpoch),
    owner: new Uint8Array(8),
    firstId: 0,
    tail: { sequence: tail?.sequence ?? 0, firstId: tail?.firstId ?? hint?.firstId ?? 1 },
    clean: undefined,
    metadata: hint?.metadata ?? newest?.metadata ?? new Uint8Array(0),
  };
  const { links } = await followChain(own, state, (facts) => evidence.successorOf(facts, uuid));
  // A gap in the chain is most likely where the log was trimmed: the oldest are removed first.
  const gap = links.findLastIndex(({ isDoubtful }) => isDoubtful);
  const first = links[gap + 1]?.firstId ?? state.tail.firstId;
  const firstId = Math.max(first, hint?.firstId ?? 0);
  return { state: { ...state, firstId }, doubts: doubtsOf(firstId, tail, newestFirst[0]) };
}

/** What a slot of META tells of this log, though not the latest. */
function usableHint(
  newestFirst: readonly SegmentFacts[],
  { hint }: MetaSurvey,
): MetaState | undefined {
  if (hint === undefined) return undefined;
  const headers = newestFirst.flatMap(({ header }) => (header === undefined ? [] : [header]));
  const isOwn = headers.some(({ uuid }) => Buffer.compare(uuid, hint.uuid) === 0);
  return headers.length === 0 || isOwn ? hint : undefined;
}

/**
 * The newest segment that a footer names as the one that the log goes on in, or that holds records. An empty one
 * that no footer names was most likely never made the tail. Nor was one with nothing but what is in the
 * segment before, too: copies that an owner was making when it was cut off.
 */
async function findTail(
  newestFirst: readonly SegmentFacts[],
  uuid: Uint8Array,
  { holdsBatch, successorOf, endOf }: SegmentEvidence,
): Promise<SegmentFacts | undefined> {
  const named = new Set<number | undefined>();
  for (const facts of newestFirst) named.add(await successorOf(facts, uuid));
  for (const [i, facts] of newestFirst.entries()) {
    if (named.has(facts.sequence)) return facts;
    if (!(await holdsBatch(facts, uuid))) continue;
    const before = newestFirst.slice(i + 1).find(({ firstId }) => firstId <= facts.firstId);
    if (before === undefined || (await endOf(facts, uuid)) > (await endOf(before, uuid)))
      return facts;
  }
  return newestFirst.find(({ header }) => header !== undefined) ?? newestFirst[0];
}

function doubtsOf(
  firstId: number,
  tail: SegmentFacts | undefined,
  newest: SegmentFacts | undefined,
): string[] {
  const doubts = [
    `the trim mark is not known: records from ${firstId} on that were trimmed come back, and ` +
      'records below it that were not trimmed are not missed',
    'whether the log was closed is not known: damage to the end of its last segment passes for a write that was cut off',
  ];
  if (newest !== undefined && newest.sequence !== tail?.sequence) {
    doubts.push(
      `whether ${newest.name} was part of the log is not known: a truncate to ${newest.firstId - 1} may be undone`,
    );
  }
  return doubts;
}
