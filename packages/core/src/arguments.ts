import { LogError } from './errors.ts';
import type { IteratorOptions, OperationOptions } from './log.ts';
import { type AppendInput, MAX_RECORD_ID, type RecordId } from './record.ts';

/** How a message shows a value: short, and telling strings from numbers. */
function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  }
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return '[Function]';
  if (value === null || typeof value !== 'object') return String(value);
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && name !== '' ? `[${name}]` : '[object]';
}

/** The error for an argument that is not what it must be; names the argument, the rule and the value. */
export function invalidArgument(name: string, rule: string, value: unknown): LogError {
  return new LogError('ERR_LOG_INVALID_ARGUMENT', `${name} must be ${rule}: ${show(value)}`);
}

/** Returns `value` if it is an integer from `min` to `max`. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw invalidArgument(name, `an integer from ${min} to ${max}`, value);
  }
  return value;
}

/** Returns `value` if it is a record id. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkRecordId(name: string, value: unknown): RecordId {
  return checkInteger(name, value, 0, MAX_RECORD_ID);
}

/** Checks an options object of any kind: an object or `undefined`. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkOptionsObject(name: string, value: unknown): void {
  if (value === undefined) return;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidArgument(name, 'an object', value);
  }
}

/** Checks the options every operation takes. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkOperationOptions(options: OperationOptions | undefined): void {
  if (options === undefined) return;
  checkOptionsObject('options', options);
  const signal: unknown = options.signal;
  if (signal === undefined) return;
  const candidate = signal as Partial<AbortSignal> | null;
  if (typeof candidate?.aborted !== 'boolean' || typeof candidate.addEventListener !== 'function') {
    throw invalidArgument('signal', 'an AbortSignal', signal);
  }
}

/** Checks an iterator's options. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkIteratorOptions(options: IteratorOptions | undefined): void {
  checkOperationOptions(options);
  if (options?.start !== undefined) checkRecordId('start', options.start);
  if (options?.end !== undefined) checkRecordId('end', options.end);
  if (options?.follow !== undefined && typeof options.follow !== 'boolean') {
    throw invalidArgument('follow', 'a boolean', options.follow);
  }
}

/** Checks the id that `truncate` keeps: −1 or a record id. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkLastToKeep(value: unknown): RecordId {
  return checkInteger('lastToKeep', value, -1, MAX_RECORD_ID);
}

/** What a backend accepts at once, in bytes of data. */
export interface AppendLimits {
  readonly maxRecordBytes: number;
  /** For the data of all the records of one call together. */
  readonly maxBatchBytes: number;
}

/** The data of one append call, checked. Views of the caller's bytes: copy before returning to it. */
export interface CheckedAppend {
  readonly records: readonly Uint8Array[];
  /** The data of all of them together. */
  readonly bytes: number;
}

function dataOf(input: unknown, expectedId: RecordId): Uint8Array {
  if (input instanceof Uint8Array) return refuseDetached(input);
  if (input === null || typeof input !== 'object' || !('data' in input)) {
    throw invalidArgument('record', 'a Uint8Array or { id?, data }', input);
  }
  const { data, id } = input as { data: unknown; id?: unknown };
  if (!(data instanceof Uint8Array)) throw invalidArgument('data', 'a Uint8Array', data);
  // Beyond the last id there is no right one: `checkAppend` says so (IDS-7).
  if (id !== undefined && checkRecordId('id', id) !== expectedId && expectedId <= MAX_RECORD_ID) {
    throw new LogError(
      'ERR_LOG_NON_SEQUENTIAL',
      `record id ${id as number} is not the next id, expectedId=${expectedId}`,
      { expectedId },
    );
  }
  return refuseDetached(data);
}

/** Bytes whose buffer was transferred away look empty, and cannot be copied: they are no record. */
function refuseDetached(data: Uint8Array): Uint8Array {
  if (data.length > 0) return data;
  try {
    new Uint8Array(data.buffer);
    return data;
  } catch {
    throw invalidArgument('data', 'bytes that were not transferred away', data);
  }
}

/**
 * Checks one append call against the contract, before anything of it is written: record by record its
 * type, its id (record i must be `nextId + i`) and its size; then the batch.
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT`, `ERR_LOG_NON_SEQUENTIAL`, `ERR_LOG_TOO_LARGE`
 */
export function checkAppend(
  input: AppendInput | readonly AppendInput[],
  nextId: RecordId,
  limits: AppendLimits,
): CheckedAppend {
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
  const records = new Array<Uint8Array>(inputs.length);
  let bytes = 0;
  for (let i = 0; i < inputs.length; i++) {
    const data = dataOf(inputs[i], nextId + i);
    if (data.length > limits.maxRecordBytes) {
      throw tooLarge(`record of ${data.length} bytes`, 'maxRecordBytes', limits.maxRecordBytes);
    }
    records[i] = data;
    bytes += data.length;
  }
  if (bytes > limits.maxBatchBytes) {
    throw tooLarge(`batch of ${bytes} bytes`, 'maxBatchBytes', limits.maxBatchBytes);
  }
  // Subtract, since a sum above 2^53 would round.
  if (inputs.length > MAX_RECORD_ID - nextId + 1) {
    throw tooLarge(`${inputs.length} records from id ${nextId}`, 'MAX_RECORD_ID', MAX_RECORD_ID);
  }
  return { records, bytes };
}

function tooLarge(what: string, name: string, limit: number): LogError {
  return new LogError('ERR_LOG_TOO_LARGE', `${what} is over the limit, ${name}=${limit}`, {
    limit,
  });
}
