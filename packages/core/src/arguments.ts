import { LogError } from './errors.ts';
import type { IteratorOptions, OperationOptions } from './log.ts';
import { MAX_RECORD_ID, type RecordId } from './record.ts';

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

/** A copy of `value`, if it is bytes that are still there. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function copyBytes(name: string, value: unknown): Uint8Array {
  // A Proxy of bytes is an instance too, but no bytes can be copied from it.
  if (!ArrayBuffer.isView(value) || !(value instanceof Uint8Array)) {
    throw invalidArgument(name, 'a Uint8Array', value);
  }
  try {
    // Not `slice`, which gives of a Buffer no copy.
    return new Uint8Array(value);
  } catch {
    throw invalidArgument(name, 'bytes that were not transferred away', value);
  }
}

/** Checks an options object of any kind: an object or `undefined`. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkOptionsObject(name: string, value: unknown): void {
  if (value === undefined) return;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidArgument(name, 'an object', value);
  }
}

/**
 * Checks the options every operation takes, and gives their signal. Reads each of them once, which may run code
 * of the caller's: look at the log's own state only afterwards (ORDER-5).
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT`
 */
export function checkOperationOptions(
  options: OperationOptions | undefined,
): AbortSignal | undefined {
  if (options === undefined) return undefined;
  checkOptionsObject('options', options);
  const { signal } = options;
  if (signal === undefined) return undefined;
  const candidate = signal as Partial<AbortSignal> | null;
  if (typeof candidate?.aborted !== 'boolean' || typeof candidate.addEventListener !== 'function') {
    throw invalidArgument('signal', 'an AbortSignal', signal);
  }
  return signal;
}

/** Checks an iterator's options, and gives them as they were when each was read, once. @throws as the others */
export function checkIteratorOptions(options: IteratorOptions | undefined): IteratorOptions {
  const signal = checkOperationOptions(options);
  const { start, end, follow } = options ?? {};
  if (start !== undefined) checkRecordId('start', start);
  if (end !== undefined) checkRecordId('end', end);
  if (follow !== undefined && typeof follow !== 'boolean') {
    throw invalidArgument('follow', 'a boolean', follow);
  }
  return { start, end, follow, signal };
}

/** Checks the id that `truncate` keeps: −1 or a record id. @throws LogError `ERR_LOG_INVALID_ARGUMENT` */
export function checkLastToKeep(value: unknown): RecordId {
  return checkInteger('lastToKeep', value, -1, MAX_RECORD_ID);
}
