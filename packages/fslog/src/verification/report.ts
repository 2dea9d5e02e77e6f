import type { RecordId } from '@wal/core';
import { META } from '../meta/meta-slots.ts';

/**
 * What a problem means.
 *
 * - `note`: nothing is lost and nothing is in the way.
 * - `damage`: opening or reading is refused because of it, but no record is lost: `repairFsLog` sets it right.
 * - `loss`: acknowledged records are gone, or what META alone knew.
 * - `unsupported`: this release cannot read it; a newer one may.
 */
export type ProblemSeverity = 'note' | 'damage' | 'loss' | 'unsupported';

/** What is not as it should be. */
export type ProblemKind =
  /** One of META's two slots does not check out, or is a commit behind; the other one tells the state. */
  | 'meta-slot'
  /** The newest file of META is of an owner that was fenced: an opener died, or is at it, while taking over. */
  | 'meta-fenced'
  /** No slot of META tells the state. */
  | 'meta-damaged'
  /** There are segments, and no META. */
  | 'meta-missing'
  /** META is an older copy of itself: the log goes on behind the tail that it names. */
  | 'meta-stale'
  /** META is of another log. */
  | 'meta-foreign'
  /** A segment of the log is not there. */
  | 'segment-missing'
  /** A segment's header does not check out, or is that of another segment. */
  | 'segment-header'
  /** A segment of another log in the place of this one's. */
  | 'segment-foreign'
  /** Batches that do not check out, and did once. */
  | 'batch'
  /** Bytes behind the last batch that nothing proves durable: opening for writing drops them. */
  | 'torn-tail'
  /** No footer that checks out where there should be one. It is a cache. */
  | 'footer'
  /** A segment that is trimmed, superseded or was never part of the log, which will remove it. */
  | 'garbage-segment'
  /** A copy of bytes that a recovery dropped. */
  | 'torn-copy'
  /** A file that the log did not put there, or that a repair did not finish. */
  | 'stray-file'
  /** A version, codec or id that this release cannot represent. */
  | 'unsupported-format';

/** One thing that is not as it should be, and where. */
export interface LogProblem {
  readonly kind: ProblemKind;
  readonly severity: ProblemSeverity;
  /** The file's name in the log's directory; `undefined` for a segment whose name nothing tells. */
  readonly segment: string | undefined;
  /** Where in the file it begins; `undefined` for a file as a whole. */
  readonly byteOffset: number | undefined;
  /** How much of the file it is; likewise. */
  readonly bytes: number | undefined;
  /** The lowest id whose record is lost, or cannot be read because of this. */
  readonly firstAffectedId: RecordId | undefined;
  /** The highest one; `undefined` beside a `firstAffectedId` when nothing tells where the log ended. */
  readonly lastAffectedId: RecordId | undefined;
  /** For people; may change. */
  readonly message: string;
}

/** Ids from the one to the other; without `lastId` up to an end that nothing tells. */
export interface IdRange {
  readonly firstId: RecordId;
  readonly lastId: RecordId | undefined;
}

/** A live segment as it was found. */
export interface VerifiedSegment {
  readonly name: string;
  readonly sequence: number;
  readonly firstId: RecordId;
  /** The id after the last one that is this segment's, as far as that is known. */
  readonly nextId: RecordId;
  /** Records that check out, without trimmed and truncated ones. */
  readonly records: number;
  /** The file's length; 0 when it is missing. */
  readonly bytes: number;
}

/** What `verifyFsLog` found. */
export interface VerifyReport {
  readonly directory: string;
  /** The first id that is not trimmed. */
  readonly firstId: RecordId;
  /**
   * The id after the last record, a lost one included: what META's clean close states, else the tail's
   * footer, else its last intact batch; never below `firstId`.
   */
  readonly nextId: RecordId;
  /** The live segments, oldest first. */
  readonly segments: readonly VerifiedSegment[];
  /** Records that check out. */
  readonly records: number;
  /** The length of all live segments. */
  readonly bytes: number;
  readonly problems: readonly LogProblem[];
  /** The ids of all that is lost, in order. */
  readonly lost: readonly IdRange[];
  /** What cannot be known any more, in words: only where META's state had to be put together from segments. */
  readonly doubts: readonly string[];
  /** Whether the log opens, and every record of it is there and readable: no problem but notes. */
  readonly isReadable: boolean;
}

/** A problem, the parts that it does not have left out. */
export function problem(
  kind: ProblemKind,
  severity: ProblemSeverity,
  message: string,
  place: Partial<Omit<LogProblem, 'kind' | 'severity' | 'message'>> = {},
): LogProblem {
  return {
    kind,
    severity,
    segment: place.segment,
    byteOffset: place.byteOffset,
    bytes: place.bytes,
    firstAffectedId: place.firstAffectedId,
    lastAffectedId: place.lastAffectedId,
    message,
  };
}

/**
 * The report without what is more than a note and the look before did not find; the report itself if that is
 * nothing. Beside a writer a look may come upon half of a change. The next one begins with META, as a change does,
 * so it sees that change whole; META may move on as often as it will, what rots is found by both.
 */
export function withoutUnconfirmed(
  report: VerifyReport,
  before: VerifyReport | undefined,
): VerifyReport {
  const seen = new Set(before?.problems.map(identityOf));
  const problems = report.problems.filter(
    (each) => each.severity === 'note' || seen.has(identityOf(each)),
  );
  if (problems.length === report.problems.length) return report;
  const grave = problems.filter(({ severity }) => severity !== 'note');
  const isMetaLost = grave.some(({ segment }) => segment?.startsWith(META));
  return {
    ...report,
    problems,
    lost: lostIds(problems),
    doubts: isMetaLost ? report.doubts : [],
    isReadable: grave.length === 0,
  };
}

/** The same in both looks, though the log has grown or was trimmed: ids and lengths follow that. */
function identityOf({ kind, severity, segment, byteOffset, message }: LogProblem): string {
  return JSON.stringify([kind, severity, segment, byteOffset, message]);
}

/** The ids that the losses among `problems` name, merged, in order. */
export function lostIds(problems: readonly LogProblem[]): IdRange[] {
  const ranges = problems
    .filter(({ severity, firstAffectedId }) => severity === 'loss' && firstAffectedId !== undefined)
    .map(({ firstAffectedId, lastAffectedId }) => ({
      firstId: firstAffectedId as RecordId,
      lastId: lastAffectedId,
    }))
    .sort((a, b) => a.firstId - b.firstId);
  const merged: { firstId: RecordId; lastId: RecordId | undefined }[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last === undefined || (last.lastId !== undefined && range.firstId > last.lastId + 1)) {
      merged.push({ ...range });
    } else if (last.lastId !== undefined) {
      last.lastId = range.lastId === undefined ? undefined : Math.max(last.lastId, range.lastId);
    }
  }
  return merged;
}
