import type { Disk, RecordId } from '@wal/core';
import { isSameLog, type MetaState } from '../meta/meta.ts';
import { readDirectory } from '../recovery/live-segments.ts';
import { epochOfSequence } from '../segment/segment-name.ts';
import { ByteWindow } from './byte-window.ts';
import { type ChainLink, followChain } from './chain.ts';
import { type MetaSurvey, surveyMeta } from './meta-survey.ts';
import { type LogProblem, lostIds, problem, type VerifyReport } from './report.ts';
import { type CheckedSegment, checkSegment } from './segment-check.ts';
import { endOf, footerOf, holdsBatch, readFacts, type SegmentFacts } from './segment-facts.ts';
import { rebuildState, type SegmentEvidence } from './state-rebuild.ts';

/** How far a verification has come. */
export interface VerifyProgress {
  /** The segment that is next. */
  readonly segment: string;
  readonly segmentsDone: number;
  readonly segmentCount: number;
  /** The length of the segments done. */
  readonly bytesDone: number;
}

export interface SurveyOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: VerifyProgress) => void) | undefined;
}

/** One look at a whole log: what a repair goes by. */
export interface LogSurvey {
  /** META's, or what takes its place. */
  readonly state: MetaState;
  readonly isRebuilt: boolean;
  /** The live segments, oldest first. */
  readonly segments: readonly CheckedSegment[];
  /** Segments that are not the log, or not any more. */
  readonly garbage: readonly SegmentFacts[];
  readonly report: VerifyReport;
}

/** `undefined` when there is no log in the directory. */
export async function surveyLog(options: SurveyOptions): Promise<LogSurvey | undefined> {
  const { disk, directory } = options;
  const meta = await surveyMeta(disk, directory);
  const { segmentNames, foreignNames } = await readDirectory(disk, directory);
  const isEmpty = segmentNames.length === 0;
  if (isEmpty && meta.problems.some(({ kind }) => kind === 'meta-missing')) return undefined;
  const found = await readAllFacts(options, segmentNames);
  const { state, problem: reason, doubts } = await settleState(options, found, meta);
  const evidence = evidenceOf(options);
  const chain = await followChain(found, state, (facts) => evidence.successorOf(facts, state.uuid));
  const live = new Set(chain.links.map(({ name }) => name));
  const garbage = found.filter(({ name }) => !live.has(name));
  const segments = await checkAll(options, state, chain.links);
  const problems = [
    ...meta.problems,
    ...(reason === undefined ? [] : [reason]),
    ...chain.problems,
    ...segments.flatMap((segment) => segment.problems),
    ...garbage.map(({ name, sequence }) => garbageProblem(name, sequence > state.tail.sequence)),
    ...strays(foreignNames, await disk.list(directory)),
  ];
  const isRebuilt = doubts !== undefined;
  const report = reportOf(directory, state, segments, problems, doubts ?? []);
  return { state, isRebuilt, segments, garbage, report };
}

async function readAllFacts(
  { disk, directory }: SurveyOptions,
  names: readonly string[],
): Promise<SegmentFacts[]> {
  const found: SegmentFacts[] = [];
  for (const name of names) {
    const facts = await readFacts(disk, directory, name);
    if (facts !== undefined) found.push(facts);
  }
  return found;
}

function evidenceOf({ disk, directory }: SurveyOptions): SegmentEvidence {
  return {
    holdsBatch: (facts, uuid) => holdsBatch(disk, directory, facts, uuid),
    endOf: (facts, uuid) => endOf(disk, directory, facts, uuid),
    successorOf: async (facts, uuid) => (await footerOf(disk, directory, facts, uuid))?.successor,
  };
}

interface SettledState {
  readonly state: MetaState;
  readonly problem: LogProblem | undefined;
  /** Given when the state is not META's. */
  readonly doubts: readonly string[] | undefined;
}

/** META's state, if the segments do not speak against it; else what they tell. */
async function settleState(
  options: SurveyOptions,
  found: readonly SegmentFacts[],
  meta: MetaSurvey,
): Promise<SettledState> {
  const evidence = evidenceOf(options);
  const refusal =
    meta.state === undefined ? undefined : await refuseState(found, meta.state, evidence);
  if (
    meta.state !== undefined &&
    (refusal === undefined || (await hasMoved(options, meta.state)))
  ) {
    return { state: meta.state, problem: undefined, doubts: undefined };
  }
  return { ...(await rebuildState(found, meta, evidence)), problem: refusal };
}

/** Whether META says something else by now: then it is not an older copy, the look at it was an earlier one. */
async function hasMoved({ disk, directory }: SurveyOptions, before: MetaState): Promise<boolean> {
  const { state } = await surveyMeta(disk, directory);
  return state !== undefined && (!isSameLog(state, before) || state.epoch !== before.epoch);
}

/** Why META cannot be the log's latest. */
async function refuseState(
  found: readonly SegmentFacts[],
  { uuid, epoch, tail }: MetaState,
  evidence: SegmentEvidence,
): Promise<LogProblem | undefined> {
  const headers = found.flatMap(({ header }) => (header === undefined ? [] : [header]));
  if (headers.length > 0 && !headers.some((header) => Buffer.compare(header.uuid, uuid) === 0)) {
    const message = 'META and the segments are of different logs';
    return problem('meta-foreign', 'loss', message, { segment: 'META' });
  }
  const stale = (message: string): LogProblem =>
    problem('meta-stale', 'loss', `META is an older copy: ${message}`, { segment: 'META' });
  const last = found.find(
    ({ sequence, firstId }) => sequence === tail.sequence && firstId === tail.firstId,
  );
  const successor = last && (await evidence.successorOf(last, uuid));
  if (successor !== undefined) return stale(`the log goes on behind ${last?.name}`);
  const tailEpoch = epochOfSequence(tail.sequence);
  for (const facts of found) {
    if (facts.sequence <= tail.sequence) continue;
    // An owner that was cut off may have left copies of the tail's records, which META never came to name.
    const mayBeLeft = last !== undefined && tailEpoch < facts.epoch && facts.epoch <= epoch;
    if (!mayBeLeft && (await evidence.holdsBatch(facts, uuid))) {
      return stale(`the log goes on in ${facts.name}`);
    }
  }
  return undefined;
}

async function checkAll(
  options: SurveyOptions,
  state: MetaState,
  links: readonly ChainLink[],
): Promise<CheckedSegment[]> {
  const { disk, directory, signal, onProgress } = options;
  const context = { disk, directory, state, signal, window: new ByteWindow() };
  const segments: CheckedSegment[] = [];
  let bytesDone = 0;
  for (const [i, link] of links.entries()) {
    onProgress?.({ segment: link.name, segmentsDone: i, segmentCount: links.length, bytesDone });
    const segment = await checkSegment(context, link, links[i + 1]);
    segments.push(segment);
    bytesDone += segment.bytes;
  }
  return segments;
}

function garbageProblem(name: string, isUncommitted: boolean): LogProblem {
  const message = isUncommitted
    ? 'a segment behind the end of the log: just begun, or never part of it; such a one is removed once the log goes on'
    : 'a segment that was trimmed, superseded or never became part of the log';
  return problem('garbage-segment', 'note', message, { segment: name });
}

function strays(foreignNames: readonly string[], names: readonly string[]): LogProblem[] {
  const torn = names.filter((name) => name.endsWith('.torn'));
  return [
    ...torn.map((segment) =>
      problem('torn-copy', 'note', 'a copy of bytes that a recovery dropped', { segment }),
    ),
    ...foreignNames.map((segment) =>
      problem('stray-file', 'note', 'not a file of the log', { segment }),
    ),
  ];
}

function reportOf(
  directory: string,
  state: MetaState,
  segments: readonly CheckedSegment[],
  problems: readonly LogProblem[],
  doubts: readonly string[],
): VerifyReport {
  const nextId: RecordId = Math.max(state.firstId, segments.at(-1)?.nextId ?? 0);
  return {
    directory,
    firstId: state.firstId,
    nextId,
    segments: segments.map(({ link, nextId: end, records, bytes }) => {
      const { name, sequence, firstId } = link;
      return { name, sequence, firstId, nextId: end, records, bytes };
    }),
    records: segments.reduce((sum, { records }) => sum + records, 0),
    bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
    problems,
    lost: lostIds(problems),
    doubts,
    isReadable: problems.every(({ severity }) => severity === 'note'),
  };
}
