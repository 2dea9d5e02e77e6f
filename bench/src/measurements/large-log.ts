import { join } from 'node:path';
import type { Log } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { fillFsLog } from '../contenders/fslog.ts';
import { inTemporaryFolder } from '../disk/temporary-folder.ts';
import type { Measurement, Settings } from '../measurement.ts';
import { recordOf } from '../runner/record.ts';
import { measureOpen } from './open.ts';
import { measureReplay, type Replay } from './replay.ts';

const RECORD_BYTES = 64 * 1024;
const SIZES = [64e6, 1e9, 10e9];
const QUICK_SIZES = [16e6, 64e6];
/** Left free on the disk whatever is measured. */
const SPARE_BYTES = 15e9;

/** A log of some size. */
export interface SizedLog {
  /** `10 GB`. */
  readonly load: string;
  readonly directory: string;
  readonly records: number;
}

/** How long opening takes by the size of the log, and what a replay of the largest holds in memory. */
export const largeLog: Measurement = {
  name: 'large-log',
  title: 'opening logs of 64 MB to 10 GB, and memory over a replay of the largest',
  nodeOptions: ['--expose-gc'],
  run: (settings) =>
    inTemporaryFolder(settings.folder, async (folder) => {
      const logs: SizedLog[] = [];
      for (const bytes of sizesFor(settings)) logs.push(await build(folder, bytes));
      const largest = logs.at(-1) as SizedLog;
      const opened = await measureOpen(logs, settings);
      return [...opened, ...(await measureReplay(replayOf(largest)))];
    }),
};

function replayOf({ load, directory, records }: SizedLog): Replay {
  const open = (): Promise<Log> => openFsLog(directory);
  return { measurement: 'large-log', load, contender: 'fslog', records, open };
}

export const OPEN_SMALL: string = sizeName(SIZES[0] as number);
export const OPEN_LARGE: string = sizeName(SIZES.at(-1) as number);

function sizeName(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(0)} GB` : `${(bytes / 1e6).toFixed(0)} MB`;
}

/** What there is room for: with too little the largest is smaller, and says so. */
function sizesFor({ quick, freeBytes }: Settings): readonly number[] {
  if (quick) return QUICK_SIZES;
  const room = Math.floor((freeBytes - SPARE_BYTES) / 1e9) * 1e9;
  const fitting = SIZES.filter((bytes) => bytes <= Math.max(room, SIZES[0] as number));
  if (fitting.length < SIZES.length) {
    console.log(`\nThe largest log is of ${sizeName(fitting.at(-1) as number)}: there is no room.`);
  }
  return fitting;
}

async function build(folder: string, bytes: number): Promise<SizedLog> {
  const directory = join(folder, `${bytes}`);
  const records = Math.floor(bytes / RECORD_BYTES);
  await fillFsLog(directory, recordOf(RECORD_BYTES), { count: records, batchRecords: 16 });
  return { load: sizeName(bytes), directory, records };
}
