import type { RecordId } from '@wal/core';
import type { MetaState } from '../meta/meta.ts';
import { segmentName } from '../segment/segment-name.ts';
import { type LogProblem, problem } from './report.ts';
import { hasOwnHeader, type SegmentFacts } from './segment-facts.ts';

/** A segment that the log is made of. */
export interface ChainLink {
  readonly name: string;
  readonly sequence: number;
  readonly firstId: RecordId;
  /** `undefined` when the file is missing: of the tail META tells the name. */
  readonly facts: SegmentFacts | undefined;
  /**
   * Whether what followed on it is missing, which may have superseded any part of it: a truncated record
   * never comes back, so none of these counts.
   */
  readonly isDoubtful: boolean;
}

export interface Chain {
  /** Oldest first, the tail last; empty while the log has no segment. */
  readonly links: readonly ChainLink[];
  readonly problems: readonly LogProblem[];
}

export type FindSuccessor = (facts: SegmentFacts) => Promise<number | undefined>;

/**
 * Which segments are the log: from META's tail back, each one names its predecessor in its header. Where a
 * header does not check out, its predecessor is the segment whose footer names it, or else the one before.
 */
export async function followChain(
  segments: readonly SegmentFacts[],
  state: MetaState,
  successorOf: FindSuccessor,
): Promise<Chain> {
  const { tail } = state;
  if (tail.sequence === 0) return { links: [], problems: [] };
  const name = segmentName(tail.sequence, tail.firstId);
  const facts = segments.find((each) => each.name === name);
  const links: ChainLink[] = [{ name, ...tail, facts, isDoubtful: false }];
  const problems: LogProblem[] = facts === undefined ? [missingTail(name, state)] : [];
  for (;;) {
    const next = links[0] as ChainLink;
    if (next.firstId <= state.firstId) return { links, problems };
    const { link, missing } = await predecessorOf(next, segments, state, successorOf);
    if (missing !== undefined) problems.push(missing);
    if (link === undefined) return { links, problems };
    links.unshift(link);
  }
}

interface Step {
  readonly link: ChainLink | undefined;
  readonly missing: LogProblem | undefined;
}

async function predecessorOf(
  next: ChainLink,
  segments: readonly SegmentFacts[],
  state: MetaState,
  successorOf: FindSuccessor,
): Promise<Step> {
  const { facts } = next;
  const older = segments
    .filter(({ sequence, firstId }) => sequence < next.sequence && firstId < next.firstId)
    .sort((a, b) => b.sequence - a.sequence || b.firstId - a.firstId);
  const header = facts !== undefined && hasOwnHeader(facts, state.uuid) ? facts.header : undefined;
  if (header === undefined) {
    const naming = await findNaming(next.sequence, older, successorOf);
    const found = naming ?? older[0];
    if (found === undefined) return { link: undefined, missing: missingBefore(next, state) };
    // If it names a third one, which is not there, that one is missing.
    const named = naming === undefined ? await successorOf(found) : undefined;
    const isNext = named === undefined || segments.some(({ sequence }) => sequence === named);
    if (isNext) return { link: linkTo(found, false), missing: undefined };
    return { link: linkTo(found, true), missing: missingBefore(next, state, found) };
  }
  const found = older.find(({ sequence }) => sequence === header.predecessor);
  if (found !== undefined) return { link: linkTo(found, false), missing: undefined };
  const before = older.find(({ sequence }) => sequence < header.predecessor);
  const missing = missingBefore(next, state, before);
  return { link: before === undefined ? undefined : linkTo(before, true), missing };
}

async function findNaming(
  sequence: number,
  older: readonly SegmentFacts[],
  successorOf: FindSuccessor,
): Promise<SegmentFacts | undefined> {
  for (const each of older) if ((await successorOf(each)) === sequence) return each;
  return undefined;
}

function linkTo(facts: SegmentFacts, isDoubtful: boolean): ChainLink {
  const { name, sequence, firstId } = facts;
  return { name, sequence, firstId, facts, isDoubtful };
}

/** What is missing before `next`, back to `before`, which may have been truncated by it. */
function missingBefore(next: ChainLink, state: MetaState, before?: SegmentFacts): LogProblem {
  const firstAffectedId = Math.max(state.firstId, before?.firstId ?? 0);
  const doubt =
    before === undefined ? '' : `; it may have truncated ${before.name}, of which nothing counts`;
  return problem('segment-missing', 'loss', `the segment before ${next.name} is missing${doubt}`, {
    firstAffectedId,
    lastAffectedId: next.firstId - 1,
  });
}

function missingTail(name: string, { tail, clean, firstId }: MetaState): LogProblem {
  const firstAffectedId = Math.max(tail.firstId, firstId);
  const message = 'the last segment is missing';
  if (clean !== undefined && clean.nextId <= firstAffectedId) {
    return problem('segment-missing', 'damage', `${message}; it held no record`, { segment: name });
  }
  return problem('segment-missing', 'loss', message, {
    segment: name,
    firstAffectedId,
    lastAffectedId: clean === undefined ? undefined : clean.nextId - 1,
  });
}
