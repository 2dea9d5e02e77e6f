import type { Disk, Log } from '@wal/core';
import type { LogPlace } from '../fixture.ts';
import type { SimRandom, SimStorage } from '../sim-disk/index.ts';

/** How the crash group makes a backend crash. */
export type LogCrash = DiskCrash | PlaceCrash;

/**
 * Of a backend that makes every call to the file system through a `Disk`: it runs on the simulated one, and
 * its power is cut before each call. It needs timers from `globalThis`, microtasks and the disk; one that
 * waits for anything else works too, but a seed need not repeat its runs.
 */
export interface DiskCrash {
  /** Opens the log in `directory`, which exists, of any disk, and creates the log the first time. */
  open(disk: Disk, directory: string): Promise<Log>;
  /** What only this backend does, called among the other operations. */
  readonly extras?: readonly CrashExtra[];
  /**
   * For a log that acknowledges what is not durable yet: makes all of it so. A crash may then take the last
   * appends back. Absent: what is acknowledged is durable.
   */
  readonly flush?: (log: Log) => Promise<unknown>;
  /** Whether what is on this storage opens without a free byte. Default: it may need some. */
  readonly opensWhenFull?: (storage: SimStorage) => boolean;
}

/** Of any other backend: the fixture crashes it. */
export interface PlaceCrash {
  /**
   * Ends whoever has the log of the place open, or is opening it, as a killed process ends: what was
   * acknowledged before this call must be found by the next `open`; what is in flight may be, any first few of
   * it in call order, as `random` decides where the fixture can. The ended log answers as it likes, or never.
   */
  kill(place: LogPlace, random: SimRandom): unknown;
}

/** An operation that changes no record. */
export interface CrashExtra {
  readonly name: string;
  readonly call: (log: Log) => Promise<unknown>;
  /** Whether it takes its turn among the other calls, and everything before it is durable once it resolves. */
  readonly flushes?: boolean;
}

export function isDiskCrash(crash: LogCrash): crash is DiskCrash {
  return 'open' in crash;
}
