import type { Log, RecordId } from '@wal/core';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { describeIds } from '../output/extent.ts';

/** What there is to go on from: a log, or what a stream says of itself. */
export interface SourceExtent {
  /** The id of the first record; without records, the id that the next one will get. */
  readonly firstId: RecordId;
  /** How it is named in messages. */
  readonly name: string;
}

/**
 * The id to go on from: the one that the destination gives next. An empty destination starts at the source's first id.
 * @throws CommandError as `refuseGap`
 */
export async function startOf(source: SourceExtent, destination: Log): Promise<RecordId> {
  refuseGap(source, destination);
  const { firstId } = source;
  // It has no records then: nothing is lost by it.
  if (destination.nextId < firstId) await destination.trim(firstId - 1);
  return destination.nextId;
}

/** @throws CommandError where the destination ends before records that the source has no more */
export function refuseGap({ firstId, name }: SourceExtent, { nextId, lastId }: Log): void {
  if (lastId === undefined || nextId >= firstId) return;
  throw refused(`${missing(nextId, firstId)} no more in ${name}; ${ELSEWHERE}`);
}

/**
 * Refuses a destination that is no prefix of the source, as far as its end and its last record show it.
 * @throws CommandError
 */
export async function refuseOtherLog(source: Log, destination: Log): Promise<void> {
  const { lastId, nextId } = destination;
  if (nextId > source.nextId) {
    throw refused(
      `the destination goes on to record ${nextId - 1}, the source only to ${source.nextId - 1}: it is no copy of it; ${ELSEWHERE}`,
    );
  }
  if (lastId === undefined || lastId < (source.firstId ?? source.nextId)) return;
  const [theirs, ours] = await Promise.all([source.get(lastId), destination.get(lastId)]);
  if (Buffer.compare(theirs.data, ours.data) !== 0) throw otherContent(lastId);
}

/** The destination's record is another one. */
export function otherContent(id: RecordId): CommandError {
  return refused(
    `record ${id} of the destination is another one: it is no copy; truncate what differs, or ${ELSEWHERE}`,
  );
}

const ELSEWHERE = 'choose another destination';

function missing(from: RecordId, before: RecordId): string {
  const verb = before - from === 1 ? 'is' : 'are';
  return `${describeIds(from, before - 1)} ${verb} missing in the destination, and`;
}

function refused(message: string): CommandError {
  return new CommandError(message, EXIT.failed);
}
