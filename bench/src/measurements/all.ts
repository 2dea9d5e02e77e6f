import { codec } from '../in-process/codec.ts';
import { memlog } from '../in-process/memlog.ts';
import type { Measurement } from '../measurement.ts';
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

/** In the order in which they run. */
export const MEASUREMENTS: readonly Measurement[] = [
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

/** @throws Error for a name that none has. */
export function measurementOf(name: string): Measurement {
  const found = MEASUREMENTS.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = MEASUREMENTS.map((one) => one.name).join(', ');
  throw new Error(`there is no measurement ${name}; there are: ${names}`);
}
