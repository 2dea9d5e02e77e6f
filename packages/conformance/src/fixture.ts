import type { Log } from '@wal/core';
import type { LogCrash } from './crash/crash-capability.ts';

/** A backend, as the suite sees it: where logs can be, how they are opened, and what they can do. */
export interface LogFixture {
  /** Names the backend in test titles, such as `memlog`. */
  readonly name: string;
  readonly capabilities: LogCapabilities;
  /** A fresh, empty place for one log; nothing is created in it yet. */
  place(): Promise<LogPlace>;
}

/** Where one log lives. Every test has its own. */
export interface LogPlace {
  /** Opens the log of this place for writing, creating it the first time. */
  open(options?: FixtureOpenOptions): Promise<Log>;
  /** Removes everything, also when logs are still open. */
  destroy(): Promise<void>;
}

/** The options a test opens a log with; the fixture passes them on under its backend's names. */
export interface FixtureOpenOptions {
  /** The first id of a log that this call creates. */
  readonly firstId?: number;
  /** Given only where {@link LogCapabilities.configurableLimit} is true. */
  readonly maxRecordBytes?: number;
  /** Given only where {@link LogCapabilities.metadata} is there. */
  readonly metadata?: Uint8Array;
}

/**
 * What the backend can do. A clause that needs what it cannot do is skipped, and the suite says so in
 * its titles, its output and its report; nothing else skips a test.
 */
export interface LogCapabilities {
  /** Whether a closed log can be opened again with what it held. */
  readonly reopen: boolean;
  /**
   * How one writer at a time is kept: a second opening rejects `ERR_LOG_LOCKED` (`locked`), or takes
   * over and fences the first (`fenced`), or not at all (`none`).
   */
  readonly exclusion: 'locked' | 'fenced' | 'none';
  /** The largest record, in bytes, accepted when `maxRecordBytes` is not given. */
  readonly maxRecordBytes: number;
  /** Whether {@link FixtureOpenOptions.maxRecordBytes} is honoured. */
  readonly configurableLimit: boolean;
  /** The largest batch, in bytes of data together; absent: too large to test. */
  readonly maxBatchBytes?: number;
  /** Reads back the metadata that a log was created with; absent: the backend takes no metadata. */
  readonly metadata?: (log: Log) => Uint8Array | undefined;
  /**
   * Makes the storage of a place refuse, or fail, the appends that start from now on, until the function
   * it returns is called; absent: not testable from outside.
   */
  readonly failAppends?: (place: LogPlace) => () => void;
  /** How the backend is made to crash; absent: what a crash leaves is not tested. */
  readonly crash?: LogCrash;
}
