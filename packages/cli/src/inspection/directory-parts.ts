import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RecordId } from '@wal/core';
import type { FsLog } from '@wal/fslog';
import type { LogPart } from './part.ts';
import { type SegmentSummary, summarizeSegment } from './segment-summary.ts';

const SEGMENT = /^[0-9a-f]{16}-([0-9a-f]{16})\.wal$/;

/** The segments in the directory of a log, oldest first: also those that the log is about to remove. */
export async function directoryParts(log: FsLog): Promise<readonly LogPart[]> {
  const live = await log.listSegments();
  const ends = new Map(live.map(({ name }, i) => [name, live[i + 1]?.firstId ?? log.nextId]));
  const parts: LogPart[] = [];
  for (const name of (await readdir(log.directory)).sort()) {
    const [, digits] = SEGMENT.exec(name) ?? [];
    if (digits === undefined) continue;
    const summary = await summaryOf(join(log.directory, name));
    if (summary === undefined) continue; // Removed just now.
    const firstId = Number.parseInt(digits, 16);
    const end = ends.get(name);
    parts.push(
      end === undefined
        ? unneeded(name, firstId, summary, log)
        : needed(name, firstId, end, summary, log),
    );
  }
  return parts;
}

async function summaryOf(path: string): Promise<SegmentSummary | undefined> {
  try {
    return await summarizeSegment(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A live one ends where its successor begins, whatever it holds beyond. */
function needed(
  name: string,
  firstId: RecordId,
  end: RecordId,
  { bytes, nextId = end }: SegmentSummary,
  log: FsLog,
): LogPart {
  const from = Math.min(end, Math.max(firstId, log.firstId ?? log.nextId));
  const ids = { trimmed: from - firstId, live: end - from, superseded: Math.max(0, nextId - end) };
  const isEmpty = end === from;
  return {
    name,
    kind: 'segment',
    state: 'live',
    bytes,
    firstId: isEmpty ? null : from,
    lastId: isEmpty ? null : end - 1,
    ids,
  };
}

function unneeded(
  name: string,
  firstId: RecordId,
  { bytes, nextId }: SegmentSummary,
  log: FsLog,
): LogPart {
  const common = { name, kind: 'segment', bytes, firstId: null, lastId: null };
  if (nextId === undefined) return { ...common, state: 'superseded' };
  const state = nextId <= (log.firstId ?? log.nextId) ? 'trimmed' : 'superseded';
  const ids = { trimmed: 0, live: 0, superseded: 0, [state]: Math.max(0, nextId - firstId) };
  return { ...common, state, ids };
}
