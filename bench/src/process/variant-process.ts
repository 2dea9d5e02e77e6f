// One round of a load, with a measure of safety or without it.
import { crc32, type Disk } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { fslog } from '../contenders/fslog.ts';
import { type Load, runLoad } from '../runner/load.ts';
import { serveJob } from './job.ts';

const CHECK = '123456789';
const CRC_OF_CHECK = 0xcbf43926;

/** What a round is told. */
export interface VariantInput {
  readonly folder: string;
  readonly load: Load;
  /** The file whose identity says who owns the log is looked at once, and never again. */
  readonly cachesIdentity: boolean;
  /** What core's checksum was made by `constant-crc`; `undefined` where it is to be the real one. */
  readonly constantCrc: number | undefined;
}

serveJob<VariantInput>(async ({ folder, load, cachesIdentity, constantCrc }) => {
  checkCrc(constantCrc ?? CRC_OF_CHECK);
  const disk = cachesIdentity ? rememberingDisk(nodeDisk) : nodeDisk;
  const store = await fslog('fslog', { disk }).open(folder);
  try {
    await runLoad(store, { ...load, durationMs: load.durationMs / 2 });
    const { recordsPerSecond } = await runLoad(store, load);
    return recordsPerSecond;
  } finally {
    await store.close();
  }
});

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
