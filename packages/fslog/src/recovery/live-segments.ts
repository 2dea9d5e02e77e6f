import { join } from 'node:path';
import { type Disk, isLogError, LogError, type RecordId } from '@wal/core';
import { closeQuietly } from '../disk/file-io.ts';
import type { MetaState } from '../meta/meta.ts';
import { META } from '../meta/meta-slots.ts';
import type { Settings } from '../options.ts';
import { Segment } from '../segment/segment.ts';
import { firstIdOf, isSegmentName, segmentName, sequenceOf } from '../segment/segment-name.ts';
import { readHeader } from '../segment/segment-reader.ts';

/** The files of a log's directory, by what they are. Names of anything else are left alone. */
export interface Directory {
  /** Segments, in the order of their sequence. */
  readonly segmentNames: readonly string[];
  /** What a log would not have put there. */
  readonly foreignNames: readonly string[];
}

export async function readDirectory(disk: Disk, path: string): Promise<Directory> {
  const names = await disk.list(path);
  const segmentNames = names.filter(isSegmentName).sort();
  const isOwn = (name: string): boolean =>
    name === META ||
    isSegmentName(name) ||
    name.endsWith('.torn') ||
    name === 'LOCK' ||
    name === 'lost+found'; // The root of a file system has one.
  return {
    segmentNames,
    foreignNames: names.filter((name) => !isOwn(name)),
  };
}

/** Which of a directory's segments are the log, and which are not any more, or never were. */
export interface Layout {
  /** Oldest first, the tail last; empty while the log has no segment. */
  readonly live: readonly Segment[];
  /** Trimmed or superseded: their records are gone for good, by a META that is durable. */
  readonly garbage: readonly string[];
}

/**
 * Lists the directory, and sorts the segments by META and by their names. Names can mislead:
 * a writer that was stalled while another took over may have left a segment that never was part of the
 * log. So whatever would be garbage because of the live segment that follows it is garbage only if that
 * one is linked: named, in the header of the next, as what it goes on from.
 * @throws LogError `ERR_LOG_CORRUPT` when the tail, or the first segment that is not trimmed, is missing
 */
export async function findLiveSegments(
  { disk, directory }: Settings,
  meta: MetaState,
): Promise<Layout> {
  const { segmentNames: names } = await readDirectory(disk, directory);
  const strays: string[] = [];
  for (;;) {
    const others = strays.length === 0 ? names : names.filter((name) => !strays.includes(name));
    const layout = arrangeByName(others, meta);
    const stray = await findStray(disk, directory, layout, meta);
    if (stray === undefined) return { ...layout, garbage: [...layout.garbage, ...strays] };
    strays.push(stray.name);
  }
}

/** From the tail back, a segment is live if it begins before the one that follows it. */
function arrangeByName(names: readonly string[], meta: MetaState): Layout {
  const tailName = segmentName(meta.tail.sequence, meta.tail.firstId);
  const hasTail = meta.tail.sequence > 0;
  if (hasTail && !names.includes(tailName)) throw missing(tailName, meta.tail.firstId);
  const live: Segment[] = hasTail ? [new Segment(tailName)] : [];
  const garbage: string[] = [];
  let followerFirstId = meta.tail.firstId;
  for (const name of [...names].reverse()) {
    if (name === tailName && hasTail) continue;
    const firstId = firstIdOf(name);
    // Begun by an owner that never came to commit it. Once the log has gone on, it is garbage by its name.
    if (sequenceOf(name) >= meta.tail.sequence) continue;
    if (firstId >= followerFirstId || followerFirstId <= meta.firstId) garbage.push(name);
    else {
      live.push(new Segment(name));
      followerFirstId = firstId;
    }
  }
  const oldest = live.at(-1);
  if (oldest !== undefined && oldest.firstId > meta.firstId) {
    throw missingBefore(oldest, meta.firstId);
  }
  return { live: live.reverse(), garbage };
}

/** A live segment that makes garbage of an older one without being linked. */
async function findStray(
  disk: Disk,
  directory: string,
  { live, garbage }: Layout,
  meta: MetaState,
): Promise<Segment | undefined> {
  const predecessorOf = async (segment: Segment): Promise<number> => {
    const file = await disk.open(join(directory, segment.name), 'read');
    try {
      return (await readHeader(file, segment, meta.uuid)).predecessor;
    } finally {
      await closeQuietly(file);
    }
  };
  for (const name of garbage) {
    const index = live.findIndex((segment) => segment.sequence > sequenceOf(name));
    const stray = await strayFrom(live, index, predecessorOf);
    if (stray !== undefined) return stray;
  }
  return undefined;
}

/** The live segment at `index` if it is not linked; or a later one, if that is in the way of telling. */
async function strayFrom(
  live: readonly Segment[],
  index: number,
  predecessorOf: (segment: Segment) => Promise<number>,
): Promise<Segment | undefined> {
  const [segment, next] = [live[index], live[index + 1]];
  if (segment === undefined || next === undefined || segment.isLinked) return undefined;
  let predecessor: number;
  try {
    predecessor = await predecessorOf(next);
  } catch (error) {
    if (!isLogError(error, 'ERR_LOG_CORRUPT')) throw error;
    // A stray need not even have a header.
    const stray = await strayFrom(live, index + 1, predecessorOf);
    if (stray === undefined) throw error;
    return stray;
  }
  if (predecessor !== segment.sequence) return segment;
  segment.isLinked = true;
  return undefined;
}

/** What a log is that lacks a segment. */
export function missing(segment: string, firstAffectedId: RecordId): LogError {
  return new LogError(
    'ERR_LOG_CORRUPT',
    `a segment is missing, segment=${segment} firstAffectedId=${firstAffectedId}`,
    { segment, byteOffset: 0, firstAffectedId },
  );
}

/** The same where nothing tells its name: the ids that are missing, and the segment that they are missing before. */
function missingBefore({ name, firstId }: Segment, firstAffectedId: RecordId): LogError {
  return new LogError(
    'ERR_LOG_CORRUPT',
    `the segment with records ${firstAffectedId} to ${firstId - 1} is missing, the next one is segment=${name}`,
    { segment: name, byteOffset: 0, firstAffectedId },
  );
}
