import {
  checkInteger,
  checkIteratorOptions,
  checkLastToKeep,
  checkOperationOptions,
  checkOptionsObject,
  checkRecordId,
  copyBytes,
  type IteratorOptions,
  invalidArgument,
  MAX_RECORD_ID,
  type OperationOptions,
} from '@wal/core';
import { describe, expect, test } from 'vitest';
import { expectInvalid, refusal } from './refusal.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(length);

/** What is no integer, with how a message shows it. */
const NO_INTEGERS: readonly [unknown, string][] = [
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [0.5, '0.5'],
  [undefined, 'undefined'],
  [null, 'null'],
  [true, 'true'],
  ['5', '"5"'],
  ['', '""'],
  ['x'.repeat(50), `"${'x'.repeat(40)}…"`],
  [5n, '5n'],
  [Symbol('five'), 'Symbol(five)'],
  [() => 5, '[Function]'],
  [[5], '[Array]'],
  [{ valueOf: () => 5 }, '[Object]'],
  [Object.create(null), '[object]'],
  [new Date(5), '[Date]'],
  [bytes(1), '[Uint8Array]'],
];

describe('ERRORS-1: ids', () => {
  const range = `an integer from 0 to ${MAX_RECORD_ID}`;

  test.each([0, 1, 2 ** 32, MAX_RECORD_ID - 1, MAX_RECORD_ID])('%d is a record id', (id) => {
    expect(checkRecordId('id', id)).toBe(id);
    expect(checkLastToKeep(id)).toBe(id);
  });

  test.each<[unknown, string]>([
    ...NO_INTEGERS,
    [-1, '-1'],
    [-(2 ** 53), '-9007199254740992'],
    [2 ** 53, '9007199254740992'],
    [2 ** 64, '18446744073709552000'],
  ])('%o is none, and the message shows it', (value, shown) => {
    expectInvalid(() => checkRecordId('start', value), `start must be ${range}: ${shown}`);
  });

  test('-1 keeps nothing in truncate, and less is refused', () => {
    expect(checkLastToKeep(-1)).toBe(-1);
    const rule = `lastToKeep must be an integer from -1 to ${MAX_RECORD_ID}`;
    expectInvalid(() => checkLastToKeep(-2), `${rule}: -2`);
    expectInvalid(() => checkLastToKeep(2 ** 53), `${rule}: 9007199254740992`);
    for (const [value, shown] of NO_INTEGERS) {
      expectInvalid(() => checkLastToKeep(value), `${rule}: ${shown}`);
    }
  });

  test('checkInteger keeps to its range, ends included', () => {
    expect(checkInteger('size', 3, 3, 5)).toBe(3);
    expect(checkInteger('size', 5, 3, 5)).toBe(5);
    expectInvalid(() => checkInteger('size', 2, 3, 5), 'size must be an integer from 3 to 5: 2');
    expectInvalid(() => checkInteger('size', 6, 3, 5), 'size must be an integer from 3 to 5: 6');
  });

  test('invalidArgument names the argument, the rule and the value', () => {
    const error = invalidArgument('mode', '"read" or "write"', 'append');
    expect(error.code).toBe('ERR_LOG_INVALID_ARGUMENT');
    expect(error.message).toBe('mode must be "read" or "write": "append"');
  });
});

describe('ERRORS-1: bytes', () => {
  test('copyBytes copies them, of whatever class', () => {
    for (const data of [
      Uint8Array.of(1, 2),
      Buffer.from([1, 2]),
      new (class extends Uint8Array {})([1, 2]),
    ]) {
      const copy = copyBytes('metadata', data);
      data.fill(9);
      expect(copy).toEqual(Uint8Array.of(1, 2));
    }
    expect(copyBytes('metadata', bytes(0))).toEqual(bytes(0));
  });

  test('and refuses what is none, or is gone', () => {
    for (const [value, shown] of [
      ...NO_INTEGERS.slice(0, -1),
      [new Uint16Array(1), '[Uint16Array]'],
    ]) {
      expectInvalid(() => copyBytes('metadata', value), `metadata must be a Uint8Array: ${shown}`);
    }
    const gone = new Uint8Array(new ArrayBuffer(3));
    structuredClone(gone, { transfer: [gone.buffer] });
    const rule = 'bytes that were not transferred away';
    expectInvalid(() => copyBytes('metadata', gone), `metadata must be ${rule}: [Uint8Array]`);
  });
});

describe('ERRORS-1: options', () => {
  const notOptions = [null, 5, 'text', true, [], () => 5];

  test('options are an object or left out', () => {
    for (const options of [undefined, {}, { signal: undefined }, Object.create(null)]) {
      checkOptionsObject('options', options);
      checkOperationOptions(options);
      checkIteratorOptions(options);
    }
    for (const options of notOptions) {
      for (const check of [checkOperationOptions, checkIteratorOptions]) {
        const { code, message } = refusal(() => check(options as OperationOptions));
        expect(code).toBe('ERR_LOG_INVALID_ARGUMENT');
        expect(message).toMatch(/^options must be an object: /);
      }
      expect(refusal(() => checkOptionsObject('storage', options)).message).toMatch(/^storage /);
    }
  });

  test('a signal is an AbortSignal, aborted or not, of whatever making', () => {
    const like = { aborted: false, addEventListener: () => {}, removeEventListener: () => {} };
    for (const signal of [new AbortController().signal, AbortSignal.abort(), like]) {
      checkOperationOptions({ signal: signal as unknown as AbortSignal });
    }
    for (const [signal, shown] of [
      [null, 'null'],
      [new AbortController(), '[AbortController]'],
      [new EventTarget(), '[EventTarget]'],
      [{ aborted: false }, '[Object]'],
      ['abort', '"abort"'],
      [0, '0'],
    ]) {
      const options = { signal: signal as AbortSignal };
      const message = `signal must be an AbortSignal: ${shown as string}`;
      expectInvalid(() => checkOperationOptions(options), message);
      expectInvalid(() => checkIteratorOptions(options), message);
    }
  });

  test('are read once, so that what was checked is what is used', () => {
    const { signal } = new AbortController();
    const values = { start: 2, end: 5, follow: true, signal };
    const reads: string[] = [];
    const options = new Proxy(values, {
      get: (target, name) => {
        reads.push(String(name));
        return Reflect.get(target, name);
      },
    });
    expect(checkIteratorOptions(options)).toEqual(values);
    expect(reads.sort()).toEqual(['end', 'follow', 'signal', 'start']);
    reads.length = 0;
    expect(checkOperationOptions(options)).toBe(signal);
    expect(reads).toEqual(['signal']);
  });

  test('ITERATE-12: start and end are record ids, follow a boolean', () => {
    checkIteratorOptions({ start: 0, end: MAX_RECORD_ID, follow: true });
    checkIteratorOptions({ start: 5, end: 4, follow: false });
    checkIteratorOptions({ start: undefined, end: undefined, follow: undefined });
    for (const name of ['start', 'end']) {
      for (const value of [null, -1, 1.5, Number.NaN, 2 ** 53, '1', 1n]) {
        const options = { [name]: value } as IteratorOptions;
        const { code, message } = refusal(() => checkIteratorOptions(options));
        expect(code).toBe('ERR_LOG_INVALID_ARGUMENT');
        expect(message).toMatch(new RegExp(`^${name} must be an integer from 0 to `));
      }
    }
    for (const follow of [null, 0, 1, 'yes', {}]) {
      const options = { follow } as unknown as IteratorOptions;
      expect(refusal(() => checkIteratorOptions(options)).message).toMatch(/^follow must be a boo/);
    }
  });
});
