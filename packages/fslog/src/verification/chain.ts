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
  const newestFirst: ChainLink[] = [{ name, ...tail, facts, isDoubtful: false }];
  const problems: LogProblem[] = facts === undefined ? [missingTail(name, state)] : [];
  const predecessors = new Predecessors(segments, state, successorOf);
  for (;;) {
    const next = newestFirst.at(-1) as ChainLink;
    const isFirst = next.firstId <= state.firstId;
    const { link, missing } = isFirst ? NONE : await predecessors.of(next);
    if (missing !== undefined) problems.push(missing);
    if (link === undefined) return { links: newestFirst.reverse(), problems };
    newestFirst.push(link);
  }
}

interface Step {
  readonly link: ChainLink | undefined;
  readonly missing: LogProblem | undefined;
}

const NONE: Step = { link: undefined, missing: undefined };

/** Finds the predecessor of one segment after the other, each older than the one before. */
class Predecessors {
  readonly #newestFirst: readonly SegmentFacts[];
  readonly #sequences: ReadonlySet<number>;
  readonly #state: MetaState;
  readonly #successorOf: FindSuccessor;
  /** Those before this place are too new by now. */
  #at = 0;

  constructor(segments: readonly SegmentFacts[], state: MetaState, successorOf: FindSuccessor) {
    this.#newestFirst = [...segments].sort(
      (a, b) => b.sequence - a.sequence || b.firstId - a.firstId,
    );
    this.#sequences = new Set(segments.map(({ sequence }) => sequence));
    this.#state = state;
    this.#successorOf = successorOf;
  }

  async of(next: ChainLink): Promise<Step> {
    const { facts } = next;
    const hasHeader = facts !== undefined && hasOwnHeader(facts, this.#state.uuid);
    const predecessor = hasHeader ? facts.header?.predecessor : undefined;
    if (predecessor === undefined) return await this.#guess(next);
    const [found] = this.#older(next, predecessor);
    if (found?.sequence === predecessor) return { link: linkTo(found, false), missing: undefined };
    const link = found === undefined ? undefined : linkTo(found, true);
    return { link, missing: missingBefore(next, this.#state, found) };
  }

  async #guess(next: ChainLink): Promise<Step> {
    const naming = await this.#findNaming(next);
    const [newest] = this.#older(next, next.sequence);
    const found = naming ?? newest;
    if (found === undefined) return { ...NONE, missing: missingBefore(next, this.#state) };
    // If it names a third one, which is not there, that one is missing.
    const named = naming === undefined ? await this.#successorOf(found) : undefined;
    const isNext = named === undefined || this.#sequences.has(named);
    if (isNext) return { link: linkTo(found, false), missing: undefined };
    return { link: linkTo(found, true), missing: missingBefore(next, this.#state, found) };
  }

  async #findNaming(next: ChainLink): Promise<SegmentFacts | undefined> {
    for (const each of this.#older(next, next.sequence)) {
      if ((await this.#successorOf(each)) === next.sequence) return each;
    }
    return undefined;
  }

  /** Those that `next` may go on from, newest first, without those above `highest`. */
  *#older(next: ChainLink, highest: number): Generator<SegmentFacts, void, undefined> {
    const isTooNew = ({ sequence }: SegmentFacts): boolean =>
      sequence > highest || sequence >= next.sequence;
    let each = this.#newestFirst[this.#at];
    while (each !== undefined && isTooNew(each)) each = this.#newestFirst[++this.#at];
    for (let i = this.#at; each !== undefined; each = this.#newestFirst[++i]) {
      if (each.firstId < next.firstId) yield each;
    }
  }
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
