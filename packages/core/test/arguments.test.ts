import {
  checkAppend,
  checkInteger,
  checkIteratorOptions,
  checkLastToKeep,
  checkOperationOptions,
  checkOptionsObject,
  checkRecordId,
  type IteratorOptions,
  invalidArgument,
  LogError,
  MAX_RECORD_ID,
  type OperationOptions,
} from '@wal/core';
import { describe, expect, test } from 'vitest';

/** Runs `call`, which must be refused, and gives the error. */
function refusal(call: () => unknown): LogError {
  try {
    call();
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  return expect.unreachable('it was accepted');
}

function expectInvalid(call: () => unknown, message: string): void {
  const { code, message: actual } = refusal(call);
  expect(code).toBe('ERR_LOG_INVALID_ARGUMENT');
  expect(actual).toBe(message);
}

const LIMITS = { maxRecordBytes: 10, maxBatchBytes: 25 };
const bytes = (length: number): Uint8Array => new Uint8Array(length);
const append = (input: unknown, nextId = 1, limits = LIMITS): ReturnType<typeof checkAppend> =>
  checkAppend(input as Uint8Array, nextId, limits);

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

describe('checkAppend', () => {
  test('APPEND-7: takes bytes, { id?, data }, and arrays of both', () => {
    const [one, two] = [bytes(1), Buffer.from('two')];
    expect(append(one)).toEqual({ records: [one], bytes: 1 });
    expect(append(two)).toEqual({ records: [two], bytes: 3 });
    expect(append({ data: one })).toEqual({ records: [one], bytes: 1 });
    expect(append({ id: 1, data: one })).toEqual({ records: [one], bytes: 1 });
    expect(append({ id: undefined, data: one })).toEqual({ records: [one], bytes: 1 });
    const mixed = append([one, { data: two }, { id: 3, data: one }]);
    expect(mixed).toEqual({ records: [one, two, one], bytes: 5 });
    // Views of the caller's bytes, no copies.
    expect(mixed.records[1]).toBe(two);
  });

  test('APPEND-6, APPEND-5: no records, and empty ones', () => {
    expect(append([])).toEqual({ records: [], bytes: 0 });
    expect(append([], MAX_RECORD_ID + 1)).toEqual({ records: [], bytes: 0 });
    expect(append(bytes(0))).toEqual({ records: [bytes(0)], bytes: 0 });
  });

  test.each<[unknown, string]>([
    [undefined, 'record must be a Uint8Array or { id?, data }: undefined'],
    [null, 'record must be a Uint8Array or { id?, data }: null'],
    ['text', 'record must be a Uint8Array or { id?, data }: "text"'],
    [7, 'record must be a Uint8Array or { id?, data }: 7'],
    [{}, 'record must be a Uint8Array or { id?, data }: [Object]'],
    [new ArrayBuffer(4), 'record must be a Uint8Array or { id?, data }: [ArrayBuffer]'],
    [new Uint16Array(4), 'record must be a Uint8Array or { id?, data }: [Uint16Array]'],
    [[[bytes(1)]], 'record must be a Uint8Array or { id?, data }: [Array]'],
    [new Array(1), 'record must be a Uint8Array or { id?, data }: undefined'],
    [{ data: 'text' }, 'data must be a Uint8Array: "text"'],
    [{ data: [1, 2] }, 'data must be a Uint8Array: [Array]'],
    [{ data: new DataView(new ArrayBuffer(1)) }, 'data must be a Uint8Array: [DataView]'],
    [{ data: bytes(1), id: '1' }, `id must be an integer from 0 to ${MAX_RECORD_ID}: "1"`],
    [{ data: bytes(1), id: null }, `id must be an integer from 0 to ${MAX_RECORD_ID}: null`],
    [{ data: bytes(1), id: 1n }, `id must be an integer from 0 to ${MAX_RECORD_ID}: 1n`],
    [{ data: bytes(1), id: -1 }, `id must be an integer from 0 to ${MAX_RECORD_ID}: -1`],
  ])('ERRORS-1: %o is no record, alone or behind one', (input, message) => {
    expectInvalid(() => append(input), message);
    if (!Array.isArray(input)) expectInvalid(() => append([bytes(1), input]), message);
  });

  test('IDS-6: an id must be the one that its record would get', () => {
    for (const [input, nextId, expectedId] of [
      [{ id: 2, data: bytes(1) }, 1, 1],
      [{ id: 0, data: bytes(1) }, 1, 1],
      [
        [
          { id: 5, data: bytes(1) },
          { id: 5, data: bytes(1) },
        ],
        5,
        6,
      ],
      [[bytes(1), bytes(1), { id: 6, data: bytes(1) }], 5, 7],
      [{ id: 5, data: bytes(1) }, MAX_RECORD_ID, MAX_RECORD_ID],
    ] as const) {
      const error = refusal(() => append(input, nextId));
      expect(error.code).toBe('ERR_LOG_NON_SEQUENTIAL');
      expect(error.expectedId).toBe(expectedId);
      expect(error.message).toContain(`expectedId=${expectedId}`);
    }
  });

  test('LIMITS-1: a record may have the limit, not a byte more', () => {
    expect(append(bytes(10)).bytes).toBe(10);
    for (const input of [bytes(11), { data: bytes(11) }, [bytes(1), bytes(11)]]) {
      const error = refusal(() => append(input));
      expect(error.code).toBe('ERR_LOG_TOO_LARGE');
      expect(error.limit).toBe(10);
      expect(error.message).toBe('record of 11 bytes is over the limit, maxRecordBytes=10');
    }
  });

  test('LIMITS-2: so may a batch', () => {
    expect(append([bytes(10), bytes(10), bytes(5)]).bytes).toBe(25);
    const error = refusal(() => append([bytes(10), bytes(10), bytes(6)]));
    expect(error.code).toBe('ERR_LOG_TOO_LARGE');
    expect(error.limit).toBe(25);
    expect(error.message).toBe('batch of 26 bytes is over the limit, maxBatchBytes=25');
  });

  test('IDS-7: the last id is 2^53 − 1', () => {
    const two = [bytes(1), bytes(1)];
    expect(append(two, MAX_RECORD_ID - 1).records).toHaveLength(2);
    expect(append({ id: MAX_RECORD_ID, data: bytes(1) }, MAX_RECORD_ID).records).toHaveLength(1);
    for (const [input, nextId] of [
      [two, MAX_RECORD_ID],
      [bytes(1), MAX_RECORD_ID + 1],
      [two, MAX_RECORD_ID + 1],
      // No id is the right one any more, so none is asked for.
      [{ id: 5, data: bytes(1) }, MAX_RECORD_ID + 1],
      [{ id: MAX_RECORD_ID, data: bytes(1) }, MAX_RECORD_ID + 1],
      [[bytes(1), { id: 5, data: bytes(1) }], MAX_RECORD_ID],
    ] as const) {
      const error = refusal(() => append(input, nextId));
      expect(error.code).toBe('ERR_LOG_TOO_LARGE');
      expect(error.limit).toBe(MAX_RECORD_ID);
    }
  });

  test('a large batch of empty records is checked without a limit on their number', () => {
    const records = new Array<Uint8Array>(100_000).fill(bytes(0));
    expect(append(records, 1).records).toHaveLength(100_000);
  });
});
