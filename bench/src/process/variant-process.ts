// One round of a load, with a measure of safety or without it.
import { crc32, type Disk } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { fslog } from '../contenders/fslog.ts';
import { fslogReader } from '../contenders/fslog-reader.ts';
import { type Load, runLoad } from '../runner/load.ts';
import { recordOf } from '../runner/record.ts';
import { median } from '../runner/statistics.ts';
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
  /** What core's checksum was made by `constant-crc`; `undefined` where it is to be the real one. */
  readonly constantCrc: number | undefined;
}

serveJob<VariantInput>(async ({ folder, load, cachesIdentity, constantCrc }) => {
  checkCrc(constantCrc ?? CRC_OF_CHECK);
  if ('scannedRecords' in load) return scansPerSecond(folder, load.scannedRecords);
  return appendsPerSecond(folder, load, cachesIdentity ? rememberingDisk(nodeDisk) : nodeDisk);
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
  const known = new Map<string, Promise<string | undefined>>();
  return {
    ...disk,
    identify(path) {
      const found = known.get(path);
      if (found !== undefined) return found;
      const asked = disk.identify(path);
      known.set(path, asked);
      // What was not there may come.
      void asked.then((identity) => {
        if (identity === undefined) known.delete(path);
      });
      return asked;
    },
  };
}
