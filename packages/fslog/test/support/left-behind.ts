import { truncate } from 'node:fs/promises';
import { expect } from 'vitest';
import { makeUnclean, readSegment, type SegmentFile } from './log-files.ts';
import { fill } from './records.ts';
import { openLog, segmentFiles, temporaryDirectory } from './temporary-log.ts';

export interface LeftBehind {
  readonly directory: string;
  readonly tail: SegmentFile;
}

/**
 * A log as a writer leaves it that dies: five records, each a batch of its own, no footer, and nothing
 * that says the last one was ever durable.
 */
export async function leftBehind(): Promise<LeftBehind> {
  const directory = await temporaryDirectory();
  const log = await openLog(directory, { preallocate: false });
  await fill(log, 5);
  await log.close();
  await makeUnclean(directory);
  const name = (await segmentFiles(directory)).at(-1) as string;
  const { end, path } = await readSegment(directory, name);
  await truncate(path, end);
  const tail = await readSegment(directory, name);
  expect(tail.batches).toHaveLength(5);
  return { directory, tail };
}

/** Where a batch of a segment begins. */
export function startOf(tail: SegmentFile, batch: number): number {
  return tail.batches[batch]?.byteOffset as number;
}
