// One round of a load, with a measure of safety or without it.
import { subscribe } from 'node:diagnostics_channel';
import { crc32, type Disk } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { fslog } from '../contenders/fslog.ts';
import { fslogReader } from '../contenders/fslog-reader.ts';
import { type Load, runLoad } from '../runner/load.ts';
import { recordOf } from '../runner/record.ts';
import { median } from '../runner/statistics.ts';
import { CHANNELS_ARE_OUT } from './channels-are-out.ts';
import { serveJob } from './job.ts';

const BATCH_RECORDS = 1000;
const SCANS = 3;
const CHECK = '123456789';
const CRC_OF_CHECK = 0xcbf43926;

/** What a round is told. */
export interface VariantInput {
  readonly folder: string;
  /** Appends; or a scan of so many records. */
  readonly load: Load | { readonly scannedRecords: number };
  /** The file whose identity says who owns the log is looked at once, and never again. */
  readonly cachesIdentity: boolean;
  /** Whether `no-channels` was given to Node: it is checked that it did something. */
  readonly leavesChannelsOut?: boolean;
  /** Whether somebody listens on the channel of appends. */
  readonly subscribes?: boolean;
  /** What core's checksum was made by `constant-crc`; `undefined` where it is to be the real one. */
  readonly constantCrc: number | undefined;
}

serveJob<VariantInput>(async (input) => {
  const { folder, load, cachesIdentity, subscribes, constantCrc } = input;
  let groups = 0;
  if (subscribes === true) subscribe('wal:fslog:append', () => groups++);
  if (input.leavesChannelsOut === true && !(CHANNELS_ARE_OUT in globalThis)) {
    throw new Error('the channels are still there');
  }
  checkCrc(constantCrc ?? CRC_OF_CHECK);
  if ('scannedRecords' in load) return scansPerSecond(folder, load.scannedRecords);
  const disk = cachesIdentity ? rememberingDisk(nodeDisk) : nodeDisk;
  const rate = await appendsPerSecond(folder, load, disk);
  if (subscribes === true && groups === 0) throw new Error('nothing was heard on the channel');
  return rate;
});

async function appendsPerSecond(folder: string, load: Load, disk: Disk): Promise<number> {
  const store = await fslog('fslog', { disk }).open(folder);
  try {
    await runLoad(store, { ...load, durationMs: load.durationMs / 2 });
    const { recordsPerSecond } = await runLoad(store, load);
    return recordsPerSecond;
  } finally {
    await store.close();
  }
}

/** The median of some scans, after one to warm up. */
async function scansPerSecond(folder: string, count: number): Promise<number> {
  const store = await fslogReader('fslog', BATCH_RECORDS).fill(folder, recordOf(256), count);
  try {
    await store.scan();
    const rates: number[] = [];
    for (let i = 0; i < SCANS; i++) {
      const startedAt = performance.now();
      await store.scan();
      rates.push((count / (performance.now() - startedAt)) * 1000);
    }
    return median(rates);
  } finally {
    await store.close();
  }
}

/** Without it a measurement that replaced nothing would say that checksums cost nothing. */
function checkCrc(expected: number): void {
  const found = crc32(Buffer.from(CHECK));
  if (found !== expected) throw new Error(`the CRC of ${CHECK} is ${found}, not ${expected}`);
}

/** What a name was found to be, it stays. */
function rememberingDisk(disk: Disk): Disk {
  const known = new Map<string, string>();
  return {
    ...disk,
    async identify(path) {
      const identity = known.get(path) ?? (await disk.identify(path));
      // What was not there may come.
      if (identity !== undefined) known.set(path, identity);
      return identity;
    },
  };
}
