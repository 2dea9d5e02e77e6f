import type { RecordId } from '@wal/core';
import { closeQuietly } from '../disk/file-io.ts';
import type { MetaState } from '../meta/meta.ts';
import type { Settings } from '../options.ts';
import type { Segment } from '../segment/segment.ts';
import { openScan } from '../segment/segment-scan.ts';

/** Where a log has gone on since it was last looked at. */
export interface Continuation {
  /** The first id that newer segments hold: what older ones held from there on was truncated. */
  readonly firstId: RecordId;
  /** Whether they go on from a segment of then. If not, other truncates may have come before, and been trimmed away. */
  readonly isProven: boolean;
}

/**
 * Where the segments begin that came after `sequence`, the tail of then: from the tail of now back, each names its
 * predecessor. (Names alone mislead where a stalled writer has left a segment.) `undefined`: none came.
 *
 * Whoever begins a segment has it go on from the one that holds the id before. So where that is one of then, what
 * it held before that id is what it was: a segment is only ever appended to, and left for good by a truncate.
 */
export async function findContinuation(
  settings: Settings,
  state: MetaState,
  live: readonly Segment[],
  sequence: number,
): Promise<Continuation | undefined> {
  let found: Continuation | undefined;
  let wanted = live.at(-1)?.sequence;
  for (const segment of [...live].reverse()) {
    if (segment.sequence <= sequence) break;
    if (segment.sequence !== wanted) continue; // A stalled writer left it.
    wanted = await predecessorOf(settings, state, segment);
    found = { firstId: segment.firstId, isProven: wanted > 0 && wanted <= sequence };
  }
  return found;
}

async function predecessorOf(
  { disk, directory }: Settings,
  state: MetaState,
  segment: Segment,
): Promise<number> {
  const { file, predecessor } = await openScan(disk, directory, segment, state, 'read');
  await closeQuietly(file);
  return predecessor;
}
