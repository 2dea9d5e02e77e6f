import { isLogError, type Log, type LogError, type LogErrorCode, type LogRecord } from '@wal/core';

/** What a failed test throws. `expected` and `actual` are there for runners that show a difference. */
export class ConformanceFailure extends Error {
  override readonly name = 'ConformanceFailure';
  readonly expected: unknown;
  readonly actual: unknown;

  constructor(what: string, expected: unknown, actual: unknown, cause?: unknown) {
    super(
      `${what}\n  expected: ${show(expected)}\n  actual:   ${show(actual)}`,
      cause === undefined ? undefined : { cause },
    );
    this.expected = expected;
    this.actual = actual;
  }
}

/** A value on one line: numbers and strings apart, bytes as numbers, errors with their code. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(clipped(value));
  if (value instanceof Uint8Array) return `bytes(${value.length})[${clipped(value.join(' '))}]`;
  if (value instanceof Error) {
    const code = isLogError(value) ? `${value.code}: ` : `${value.name}: `;
    return `${code}${value.message}`;
  }
  if (Array.isArray(value)) return `[${clipped(value.map(show).join(', '))}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${show(field)}`);
    return `{ ${clipped(fields.join(', '))} }`;
  }
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

function clipped(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/** Asserts that two values are equal all the way down. */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  if (!equal(actual, expected)) throw new ConformanceFailure(what, expected, actual);
}

/** Asserts that something holds; `what` says what does. */
export function assertTrue(holds: boolean, what: string): void {
  if (!holds) throw new ConformanceFailure(what, true, false);
}

/** Asserts that bytes are the same, whatever class of view either is. */
export function assertBytes(actual: unknown, expected: Uint8Array, what: string): void {
  if (!(actual instanceof Uint8Array) || !sameBytes(actual, expected)) {
    throw new ConformanceFailure(what, expected, actual);
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) return sameBytes(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) =>
    equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

/** The ids of a log, to compare: `firstId`, `lastId`, `nextId`. */
export interface LogIds {
  readonly firstId: number | undefined;
  readonly lastId: number | undefined;
  readonly nextId: number;
}

export function idsOf(log: Log): LogIds {
  return { firstId: log.firstId, lastId: log.lastId, nextId: log.nextId };
}

/** Asserts the three ids of a log: first stored, last stored, next. */
export function assertIds(
  log: Log,
  [firstId, lastId, nextId]: readonly [number | undefined, number | undefined, number],
  what: string,
): void {
  assertEqual(idsOf(log), { firstId, lastId, nextId }, what);
}

/** What a test expects of a {@link LogError} besides its code. */
export type ExpectedFields = Partial<
  Pick<LogError, 'expectedId' | 'limit' | 'firstId' | 'lastId' | 'nextId'>
>;

/**
 * Asserts that a call returns a promise (ERRORS-3) that rejects with a LogError of `code` whose fields
 * are those given; returns the error.
 */
export async function assertRejects(
  call: () => unknown,
  code: LogErrorCode,
  what: string,
  fields: ExpectedFields = {},
): Promise<LogError> {
  const error = await rejectionOf(call, what, code);
  if (!isLogError(error, code)) throw new ConformanceFailure(what, code, error, error);
  for (const [name, value] of Object.entries(fields)) {
    const actual = error[name as keyof ExpectedFields];
    if (!Object.is(actual, value)) {
      throw new ConformanceFailure(`${what}: ${code} carries ${name}`, value, actual, error);
    }
  }
  return error;
}

/** Asserts that a call returns a promise that rejects with `reason` itself. */
export async function assertRejectsWith(
  call: () => unknown,
  reason: unknown,
  what: string,
): Promise<void> {
  const error = await rejectionOf(call, what, reason);
  if (!Object.is(error, reason)) throw new ConformanceFailure(what, reason, error);
}

/** What the promise of a call rejects with; fails if it resolves, or if the call throws. */
export async function rejectionOf(
  call: () => unknown,
  what: string,
  expected: unknown = 'a rejection',
): Promise<unknown> {
  const promise = promiseOf(call, what);
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new ConformanceFailure(`${what}: must reject`, expected, value);
}

/** The promise that a call returns; fails if the call throws or returns anything else (ERRORS-3). */
export function promiseOf(call: () => unknown, what: string): Promise<unknown> {
  let promise: unknown;
  try {
    promise = call();
  } catch (error) {
    throw new ConformanceFailure(`${what}: must not throw`, 'a promise', error, error);
  }
  if (typeof (promise as Partial<Promise<unknown>> | undefined)?.then !== 'function') {
    throw new ConformanceFailure(`${what}: must return a promise`, 'a promise', promise);
  }
  return promise as Promise<unknown>;
}

/** Asserts that a record has this id and these bytes. */
export function assertRecord(
  actual: LogRecord | undefined,
  expected: LogRecord,
  what: string,
): void {
  assertEqual(actual?.id, expected.id, `${what}: id`);
  assertBytes(actual?.data, expected.data, `${what}: data of record ${expected.id}`);
}

/** Asserts that records are these, in this order. */
export function assertRecords(
  actual: readonly LogRecord[],
  expected: readonly LogRecord[],
  what: string,
): void {
  assertEqual(
    actual.map(({ id }) => id),
    expected.map(({ id }) => id),
    `${what}: ids`,
  );
  for (const [i, record] of expected.entries()) assertRecord(actual[i], record, what);
}
