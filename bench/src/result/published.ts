import { fileURLToPath } from 'node:url';
import type { RunName } from '../measurements/all.ts';
import { type Result, readResult } from './result.ts';

/** What docs/BENCHMARKS.md shows: the result of each whole run. */
export type Published = Readonly<Record<RunName, Result>>;

const FILES: Readonly<Record<RunName, string>> = {
  usual: 'published.json',
  s3: 'published-s3.json',
};

export function publishedPath(run: RunName): string {
  return fileURLToPath(new URL(`../../results/${FILES[run]}`, import.meta.url));
}

export function readPublished(): Published {
  return { usual: readResult(publishedPath('usual')), s3: readResult(publishedPath('s3')) };
}
