import { codec } from '../in-process/codec.ts';
import { memlog } from '../in-process/memlog.ts';
import type { Measurement } from '../measurement.ts';
import { s3Append } from '../s3/append.ts';
import { s3Cost } from '../s3/cost.ts';
import { s3Latency } from '../s3/latency.ts';
import { s3Memory } from '../s3/memory.ts';
import { s3Replay } from '../s3/replay.ts';
import { s3Requests } from '../s3/requests.ts';
import { append } from './append.ts';
import { batches } from './batches.ts';
import { channels } from './channels.ts';
import { cpu } from './cpu.ts';
import { diskTraffic } from './disk-traffic.ts';
import { eventLoop } from './event-loop.ts';
import { get } from './get.ts';
import { largeLog } from './large-log.ts';
import { largeRecords } from './large-records.ts';
import { safetyCost } from './safety-cost.ts';
import { scan } from './scan.ts';

/** What runs when nothing is named, in this order. */
const USUAL: readonly Measurement[] = [
  append,
  batches,
  largeRecords,
  scan,
  get,
  largeLog,
  eventLoop,
  diskTraffic,
  cpu,
  safetyCost,
  channels,
  memlog,
  codec,
];

/** All of `s3`: they need a server of their own, and as long as half of the others. */
const S3: readonly Measurement[] = [s3Append, s3Replay, s3Latency, s3Requests, s3Memory, s3Cost];

/** What is measured in one run, and published together. */
export const RUNS: Readonly<Record<'usual' | 's3', readonly Measurement[]>> = {
  usual: USUAL,
  s3: S3,
};
export type RunName = keyof typeof RUNS;

export const MEASUREMENTS: readonly Measurement[] = [...USUAL, ...S3];

export function isOfS3(name: string): boolean {
  return S3.some((one) => one.name === name);
}

/** @throws Error for a name that none has. */
export function measurementOf(name: string): Measurement {
  const found = MEASUREMENTS.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = MEASUREMENTS.map((one) => one.name).join(', ');
  throw new Error(`there is no measurement ${name}; there are: ${names}`);
}
