import {
  type AppendLimits,
  checkInteger,
  checkOptionsObject,
  checkRecordId,
  copyBytes,
  invalidArgument,
  type RecordId,
} from '@wal/core';
import { checkFaults, type MemLogFaults } from './faults.ts';
import { type MemStorage, Storage } from './mem-storage.ts';

const DEFAULT_MAX_RECORD_BYTES = 1024 * 1024;
const DEFAULT_MAX_BATCH_BYTES = 64 * 1024 * 1024;

/** Options of `createMemLog`. */
export interface MemLogOptions {
  /** Where the log is, or will be, kept. Default: a new storage that ends with the log. */
  readonly storage?: MemStorage | undefined;
  /** The id of the first record of a new log; counts at creation only. Default: 1. */
  readonly firstId?: RecordId | undefined;
  /** Bytes to keep with a new log. For a log that exists they must be the same. Default: none. */
  readonly metadata?: Uint8Array | undefined;
  /** The largest record that `append` takes, in bytes of data. Default: 1 MiB, or `maxBatchBytes` if that is less. */
  readonly maxRecordBytes?: number | undefined;
  /**
   * The most that one `append` takes, in bytes of data of all its records; not less than
   * `maxRecordBytes`. Default: 64 MiB, or `maxRecordBytes` if that is more.
   */
  readonly maxBatchBytes?: number | undefined;
  /** What goes wrong, or slowly: see {@link MemLogFaults}. Default: nothing. */
  readonly faults?: MemLogFaults | undefined;
}

/** Options checked, and with their defaults. */
export interface CheckedOptions {
  readonly storage: Storage;
  readonly firstId: RecordId;
  readonly metadata: Uint8Array | undefined;
  readonly limits: AppendLimits;
  readonly faults: MemLogFaults | undefined;
}

/** @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkMemLogOptions(options: MemLogOptions): CheckedOptions {
  checkOptionsObject('options', options);
  const { storage = new Storage(), firstId = 1, metadata, faults } = options;
  if (!(storage instanceof Storage)) {
    throw invalidArgument('storage', 'made by createMemStorage', storage);
  }
  checkRecordId('firstId', firstId);
  const copy = metadata === undefined ? undefined : copyBytes('metadata', metadata);
  checkOptionsObject('faults', faults);
  if (faults !== undefined) checkFaults(faults);
  return { storage, firstId, metadata: copy, limits: checkLimits(options), faults };
}

function checkLimits({ maxRecordBytes, maxBatchBytes }: MemLogOptions): AppendLimits {
  const max = Number.MAX_SAFE_INTEGER;
  if (maxRecordBytes !== undefined) checkInteger('maxRecordBytes', maxRecordBytes, 1, max);
  if (maxBatchBytes !== undefined) {
    checkInteger('maxBatchBytes', maxBatchBytes, maxRecordBytes ?? 1, max);
  }
  return {
    maxRecordBytes: maxRecordBytes ?? Math.min(DEFAULT_MAX_RECORD_BYTES, maxBatchBytes ?? max),
    maxBatchBytes: maxBatchBytes ?? Math.max(DEFAULT_MAX_BATCH_BYTES, maxRecordBytes ?? 0),
  };
}
