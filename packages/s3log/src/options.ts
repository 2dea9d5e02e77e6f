import {
  type AppendLimits,
  checkInteger,
  checkRecordId,
  copyBytes,
  invalidArgument,
  LogError,
  MAX_METADATA_BYTES,
  type RecordId,
} from '@wal/core';
import type { Root } from './root/root.ts';
import { type Clock, systemClock } from './runtime/clock.ts';
import { type Entropy, systemEntropy } from './runtime/entropy.ts';
import type { ObjectStore } from './store/object-store.ts';
import type { TimeLimits } from './store/requests.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** The most slots of a writer that do not count yet: how far an opener looks back for a hole. */
export const MOST_IN_FLIGHT = 256;

/** Options of `openS3Log`, whatever store it is on. */
export interface LogOptions {
  /** What all keys of the log begin with; unless it is empty a slash is added where there is none at the end. Default: none. */
  readonly prefix?: string | undefined;
  /** The first id of a new log, 0 to 2^53 − 1. Default 1. Without meaning for a log that exists. */
  readonly firstId?: RecordId | undefined;
  /** Up to 2,048 bytes that say what the log is for: stored at creation, compared at each opening that gives them. */
  readonly metadata?: Uint8Array | undefined;
  /** Opens beside a writer, whom it does not disturb, and changes nothing but by `collect`. Default false. */
  readonly readOnly?: boolean | undefined;
  /**
   * The data that a chunk is filled up to while earlier ones are in flight; 1 byte to 1 GiB, default 4 MiB. A larger
   * batch is a chunk by itself.
   */
  readonly chunkBytes?: number | undefined;
  /**
   * How long a chunk that is not full waits for more, while earlier ones are in flight; 0 to 60,000 ms, default 5. The longer,
   * the fewer puts: down to one in the time that a put takes, since nothing waits while none is in flight.
   */
  readonly lingerMs?: number | undefined;
  /** The most puts of chunks under way at once, 1 to 256; default 16. */
  readonly maxInFlight?: number | undefined;
  /** The largest record that append takes; 1 byte to 64 MiB, default 1 MiB. What is stored stays readable. */
  readonly maxRecordBytes?: number | undefined;
  /** The most that one append takes; `maxRecordBytes` to 1 GiB, default 64 MiB. */
  readonly maxBatchBytes?: number | undefined;
  /** How many bytes each iterator reads ahead, on their way and arrived, by the largest chunk seen so far; 1 to 1 GiB, default 64 MiB. */
  readonly readAheadBytes?: number | undefined;
  /**
   * Chunks are compacted into segments, in the background, each time so many small ones were appended; default 1,024.
   * 0: only when `compact()` is called. Chunks of 1 MiB and more, on average, stay as they are.
   */
  readonly compactAfterChunks?: number | undefined;
  /**
   * The size from which on a segment is full, of two chunks at least; 1 byte to 256 MiB, default 64 MiB. It is held in
   * memory, twice.
   */
  readonly segmentBytes?: number | undefined;
  /** How long chunks stay that are in a segment, for readers that began before, in ms; default 1,800,000. */
  readonly compactionGraceMs?: number | undefined;
  /**
   * How long one request may take before it is sent again, in ms; default 10,000. A body adds 1 ms for each 1,000 bytes.
   * Sent again it may take twice as long each time, up to 16 times.
   */
  readonly requestTimeoutMs?: number | undefined;
  /** How long a step is tried before the operation fails, in ms; default 60,000. 0: once. */
  readonly giveUpAfterMs?: number | undefined;
  /** Time. Default: the machine's. */
  readonly clock?: Clock | undefined;
  /** Chance. Default: the machine's. */
  readonly entropy?: Entropy | undefined;
}

/** Options, checked and complete. */
export interface Settings {
  readonly store: ObjectStore;
  readonly prefix: string;
  readonly firstId: RecordId;
  readonly metadata: Uint8Array | undefined;
  readonly readOnly: boolean;
  readonly chunkBytes: number;
  readonly lingerMs: number;
  readonly maxInFlight: number;
  readonly limits: AppendLimits;
  readonly readAheadBytes: number;
  readonly compactAfterChunks: number;
  readonly segmentBytes: number;
  readonly compactionGraceMs: number;
  readonly times: TimeLimits;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkLogOptions(store: ObjectStore, options: LogOptions): Settings {
  const { prefix = '', firstId = 1, metadata, readOnly = false } = options;
  const { maxRecordBytes = MIB, clock = systemClock, entropy = systemEntropy } = options;
  if (typeof prefix !== 'string') throw invalidArgument('prefix', 'a string', prefix);
  if (Buffer.from(prefix).toString() !== prefix) {
    // It would be stored as another one, and its keys would not be found again.
    throw invalidArgument('prefix', 'well-formed Unicode', prefix);
  }
  if (typeof readOnly !== 'boolean') throw invalidArgument('readOnly', 'a boolean', readOnly);
  checkInteger('maxRecordBytes', maxRecordBytes, 1, 64 * MIB);
  checkMethods('clock', 'a Clock', clock, ['now', 'after']);
  checkMethods('entropy', 'an Entropy', entropy, ['bytes', 'fraction']);
  const integer = (name: keyof LogOptions, usual: number, min: number, max: number): number =>
    checkInteger(name, options[name] ?? usual, min, max);
  return {
    store: checkMethods('store', 'an ObjectStore', store, STORE_METHODS),
    prefix,
    firstId: checkRecordId('firstId', firstId),
    metadata: metadata === undefined ? undefined : checkMetadata(metadata),
    readOnly,
    chunkBytes: integer('chunkBytes', 4 * MIB, 1, GIB),
    lingerMs: integer('lingerMs', 5, 0, 60_000),
    maxInFlight: integer('maxInFlight', 16, 1, MOST_IN_FLIGHT),
    limits: {
      maxRecordBytes,
      maxBatchBytes: integer('maxBatchBytes', 64 * MIB, maxRecordBytes, GIB),
    },
    readAheadBytes: integer('readAheadBytes', 64 * MIB, 1, GIB),
    compactAfterChunks: integer('compactAfterChunks', 1_024, 0, 2 ** 31 - 1),
    segmentBytes: integer('segmentBytes', 64 * MIB, 1, 256 * MIB),
    compactionGraceMs: integer('compactionGraceMs', 1_800_000, 0, 2 ** 31 - 1),
    times: {
      requestTimeoutMs: integer('requestTimeoutMs', 10_000, 1, 2 ** 31 - 1),
      giveUpAfterMs: integer('giveUpAfterMs', 60_000, 0, 2 ** 31 - 1),
    },
    clock,
    entropy,
  };
}

const STORE_METHODS = ['putIfAbsent', 'get', 'list', 'delete'] as const;

/** Returns `value` if it has all methods that it must have. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
function checkMethods<Value extends object>(
  name: string,
  kind: string,
  value: Value,
  methods: readonly (keyof Value & string)[],
): Value {
  const given: Partial<Value> | null | undefined = value;
  const missing = methods.find((method) => typeof given?.[method] !== 'function');
  if (missing === undefined) return value;
  throw invalidArgument(name, `${kind}, with ${missing}()`, value);
}

/** A copy. */
function checkMetadata(metadata: unknown): Uint8Array {
  const copy = copyBytes('metadata', metadata);
  if (copy.length <= MAX_METADATA_BYTES) return copy;
  const rule = `at most ${MAX_METADATA_BYTES} bytes long`;
  throw invalidArgument('metadata', rule, `${copy.length} bytes`);
}

/** @throws LogError `ERR_LOG_METADATA_MISMATCH` when metadata is given and differs from the log's. */
export function refuseOtherMetadata({ metadata }: Settings, root: Root): void {
  if (metadata === undefined || Buffer.compare(metadata, root.metadata) === 0) return;
  const sizes = `${root.metadata.length} bytes, given ${metadata.length}`;
  const message = `the log was created with other metadata (${sizes})`;
  throw new LogError('ERR_LOG_METADATA_MISMATCH', message);
}
