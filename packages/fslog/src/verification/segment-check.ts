import { join } from 'node:path';
import {
  type BatchHeader,
  type Disk,
  type RecordId,
  type SegmentFooter,
  segmentHeaderBytes,
  segmentSalt,
} from '@wal/core';
import type { MetaState } from '../meta/meta.ts';
import { readFooter } from '../segment/read-footer.ts';
import { SegmentIndex } from '../segment/segment-index.ts';
import {
  type BatchDamage,
  type BatchSurvey,
  BatchSurveyor,
  type SurveyExtent,
} from './batch-survey.ts';
import type { ByteWindow } from './byte-window.ts';
import type { ChainLink } from './chain.ts';
import { type LogProblem, problem } from './report.ts';
import { epochOf, hasOwnHeader, openTolerant, type SegmentFacts } from './segment-facts.ts';

/** A live segment, and everything that is wrong with it. */
export interface CheckedSegment {
  readonly link: ChainLink;
  /** The id after the last one that is this segment's, as far as that is known. */
  readonly nextId: RecordId;
  readonly records: number;
  readonly bytes: number;
  /** `undefined` where nothing of the file counts. */
  readonly survey: BatchSurvey | undefined;
  readonly footer: SegmentFooter | undefined;
  readonly hasHeader: boolean;
  /** What was known of where its batches end. */
  readonly extent: SurveyExtent | undefined;
  /** Damage that costs no record, and is in the way of reading others. */
  readonly inTheWay: readonly BatchDamage[];
  readonly problems: readonly LogProblem[];
}

export interface CheckContext {
  readonly disk: Disk;
  readonly directory: string;
  readonly state: MetaState;
  readonly window: ByteWindow;
  readonly signal: AbortSignal | undefined;
}

/** Checks every batch of a segment that ends where `next` begins; the tail has none. */
export async function checkSegment(
  context: CheckContext,
  link: ChainLink,
  next: ChainLink | undefined,
): Promise<CheckedSegment> {
  const { disk, directory, state } = context;
  const { facts } = link;
  const clean = next === undefined ? state.clean : undefined;
  const limit = next?.firstId ?? clean?.nextId;
  const unchecked = {
    link,
    nextId: limit ?? link.firstId,
    records: 0,
    bytes: 0,
    survey: undefined,
    footer: undefined,
    hasHeader: false,
    extent: undefined,
    inTheWay: [],
    problems: [],
  };
  if (facts === undefined || link.isDoubtful) return unchecked;
  if (facts.unsupported !== undefined) {
    const place = {
      segment: link.name,
      byteOffset: 0,
      ...affected(link.firstId, limit, state.firstId),
    };
    const problems = [problem('unsupported-format', 'unsupported', facts.unsupported, place)];
    return { ...unchecked, problems };
  }
  const file = await openTolerant(disk, join(directory, link.name));
  if (file === undefined) {
    const place = { segment: link.name, ...affected(link.firstId, limit, state.firstId) };
    const gone = problem('segment-missing', 'loss', 'a segment went away', place);
    return { ...unchecked, problems: [gone] };
  }
  try {
    const salt = segmentSalt(state.uuid, link.sequence);
    const footer = await readFooter(file, link.firstId, salt);
    const extent = extentOf(context, facts, next, footer);
    const epoch = epochOf(facts, state.uuid);
    const surveyor = new BatchSurveyor(
      { file, name: link.name, salt, epoch },
      context.window,
      extent,
      context.signal,
    );
    let records = 0;
    const survey = await surveyor.run((header: BatchHeader) => {
      const from = Math.max(header.firstId, state.firstId);
      const end = Math.min(header.firstId + header.recordCount, limit ?? Number.POSITIVE_INFINITY);
      records += Math.max(0, end - from);
    });
    const bytes = await file.size();
    return judge({
      link,
      facts,
      survey,
      footer,
      extent,
      state,
      records,
      bytes,
      isTail: next === undefined,
    });
  } finally {
    await file.close();
  }
}

function extentOf(
  { state }: CheckContext,
  facts: SegmentFacts,
  next: ChainLink | undefined,
  footer: SegmentFooter | undefined,
): SurveyExtent {
  const metadata = hasOwnHeader(facts, state.uuid) ? facts.header?.metadata : state.metadata;
  const start = {
    byteOffset: segmentHeaderBytes(metadata?.length ?? 0),
    firstId: facts.firstId,
  };
  if (next !== undefined) {
    return { ...start, nextId: next.firstId, end: undefined, isOpen: false };
  }
  const { clean } = state;
  if (clean !== undefined) {
    return { ...start, nextId: clean.nextId, end: clean.byteOffset, isOpen: false };
  }
  return { ...start, nextId: footer?.nextId, end: footer?.byteOffset, isOpen: true };
}

interface Findings {
  readonly link: ChainLink;
  readonly facts: SegmentFacts;
  readonly survey: BatchSurvey;
  readonly footer: SegmentFooter | undefined;
  readonly extent: SurveyExtent;
  readonly state: MetaState;
  readonly records: number;
  readonly bytes: number;
  readonly isTail: boolean;
}

function judge(found: Findings): CheckedSegment {
  const { link, facts, survey, footer, extent, state, records, bytes } = found;
  const hasHeader = hasOwnHeader(facts, state.uuid);
  const problems: LogProblem[] = [];
  if (!hasHeader) problems.push(headerProblem(found));
  const inTheWay: BatchDamage[] = [];
  for (const damage of survey.damages) {
    const ids = affected(damage.firstId, damage.nextId, state.firstId);
    const place = {
      segment: link.name,
      byteOffset: damage.byteOffset,
      bytes: damage.bytes,
      ...ids,
    };
    const isLoss = ids.firstAffectedId !== undefined;
    const what = 'stored bytes are not what was acknowledged';
    if (isLoss) problems.push(problem('batch', 'loss', what, place));
    else if (isInTheWay(damage, link, extent, footer, state.firstId)) {
      inTheWay.push(damage);
      const message = `${what}; they held no record that counts, but those behind cannot be read`;
      problems.push(problem('batch', 'damage', message, place));
    } else {
      problems.push(problem('batch', 'note', `${what}; they held no record that counts`, place));
    }
  }
  for (const { byteOffset, bytes: length, firstId, nextId } of survey.unsupported) {
    const ids = affected(firstId, nextId, state.firstId);
    const place = { segment: link.name, byteOffset, bytes: length, ...ids };
    const message = 'a batch has a codec, or an id, that this release does not read';
    problems.push(problem('unsupported-format', 'unsupported', message, place));
  }
  problems.push(...endProblems(found));
  const nextId = extent.nextId ?? survey.nextId;
  return { link, nextId, records, bytes, survey, footer, hasHeader, extent, inTheWay, problems };
}

/** The header can be written again; but where no batch is left either, nobody knows what there was. */
function headerProblem({ link, facts, survey, extent, state }: Findings): LogProblem {
  const isForeign =
    facts.header !== undefined && Buffer.compare(facts.header.uuid, state.uuid) !== 0;
  const kind = isForeign ? 'segment-foreign' : 'segment-header';
  const message = isForeign
    ? 'a segment of another log'
    : 'the header does not check out, or is that of another segment';
  const place = { segment: link.name, byteOffset: 0, bytes: extent.byteOffset };
  const isUnknown = extent.nextId === undefined && survey.byteOffset === extent.byteOffset;
  if (!isUnknown || survey.damages.length > 0) return problem(kind, 'damage', message, place);
  const firstAffectedId = Math.max(link.firstId, state.firstId);
  return problem(kind, 'loss', `${message}, and no batch is left`, { ...place, firstAffectedId });
}

function endProblems({
  link,
  survey,
  footer,
  extent,
  state,
  bytes,
  isTail,
}: Findings): LogProblem[] {
  const problems: LogProblem[] = [];
  const { torn, damages } = survey;
  if (torn !== undefined) {
    const message = 'a write that was cut off, or is under way; opening for writing drops it';
    problems.push(problem('torn-tail', 'note', message, { segment: link.name, ...torn }));
  }
  const isClosed = isTail && state.clean !== undefined;
  if (
    isClosed &&
    bytes < (extent.end as number) &&
    !damages.some((each) => each.nextId === extent.nextId)
  ) {
    const message = 'the file is shorter than when the log was closed; no record is missing';
    problems.push(problem('batch', 'damage', message, { segment: link.name, byteOffset: bytes }));
  }
  if (footer === undefined && !extent.isOpen) {
    const message = 'there is no footer that checks out; a scan of the batches gives the same';
    problems.push(problem('footer', 'note', message, { segment: link.name }));
  }
  return problems;
}

/** Whether reading the records behind the damage, those from `firstId` on, comes across it. */
export function isInTheWay(
  damage: BatchDamage,
  link: ChainLink,
  { isOpen, nextId }: SurveyExtent,
  footer: SegmentFooter | undefined,
  firstId: RecordId,
): boolean {
  if (isOpen) return true;
  const from = Math.max(link.firstId, firstId);
  const limit = nextId as RecordId;
  if (from >= limit || (damage.nextId ?? limit) >= limit) return false;
  if (footer === undefined) return true;
  if (damage.hasHeaders) return false;
  const start = SegmentIndex.from(link.firstId, footer.entries).seek(from);
  return start === undefined || start.byteOffset < damage.byteOffset + damage.bytes;
}

/** The ids from `firstId` to before `nextId` that are not trimmed: none, some, or up to an end that nothing tells. */
function affected(
  firstId: RecordId,
  nextId: RecordId | undefined,
  firstUntrimmed: RecordId,
): { readonly firstAffectedId?: RecordId; readonly lastAffectedId?: RecordId } {
  const firstAffectedId = Math.max(firstId, firstUntrimmed);
  if (nextId === undefined) return { firstAffectedId };
  return nextId > firstAffectedId ? { firstAffectedId, lastAffectedId: nextId - 1 } : {};
}
