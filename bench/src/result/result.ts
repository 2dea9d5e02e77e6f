import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { PeerNote } from '../contenders/peers.ts';
import type { LeftOut } from '../contenders/third-party.ts';
import { median, spread } from '../runner/statistics.ts';
import type { CheckedBar } from './bar.ts';
import type { Figure } from './figure.ts';
import type { Machine } from './machine.ts';

/** The version of this shape. */
const SCHEMA = 1;

/** All that a run found. */
export interface Result {
  readonly schema: typeof SCHEMA;
  /** ISO 8601, in UTC. */
  readonly date: string;
  readonly seconds: number;
  readonly rounds: number;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly peers: readonly PeerNote[];
  /** Peers that were not measured, and why. */
  readonly leftOut: readonly LeftOut[];
  /** Measurements that ended with an error. */
  readonly failed: readonly string[];
  readonly bars: readonly CheckedBar[];
  readonly figures: readonly Figure[];
}

/** Five digits are kept of each figure: more than can be repeated. */
export function newResult(found: Omit<Result, 'schema'>): Result {
  const bars = found.bars.map((bar) => ({ ...bar, measured: rounded(bar.measured) }));
  const figures = found.figures.map((one) => ({ ...one, rounds: one.rounds.map(rounded) }));
  return { schema: SCHEMA, ...found, bars, figures };
}

/** Each figure also with its median and spread, for those who read the file without a program. */
export function writeResult(path: string, result: Result): void {
  const figures = result.figures.map((figure) => ({
    ...figure,
    median: rounded(median(figure.rounds)),
    spread: rounded(spread(figure.rounds)),
  }));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ ...result, figures }, null, 2)}\n`);
}

/** @throws Error for a file of another shape. */
export function readResult(path: string): Result {
  const result = JSON.parse(readFileSync(path, 'utf8')) as Result;
  if (result.schema === SCHEMA && Array.isArray(result.figures)) return result;
  throw new Error(`${path} is no result of this version of the benchmark`);
}

function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
