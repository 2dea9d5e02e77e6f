import { type CheckedAppend, checkAppend, MAX_RECORD_ID, takeAppend } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { expectInvalid, refusal } from './refusal.ts';

const LIMITS = { maxRecordBytes: 10, maxBatchBytes: 25 };
const bytes = (length: number): Uint8Array => new Uint8Array(length);
const append = (input: unknown, nextId = 1, limits = LIMITS): CheckedAppend =>
  checkAppend(takeAppend(input as Uint8Array), nextId, limits);

describe('takeAppend and checkAppend', () => {
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

  test('ERRORS-1: of several faults the type of a later record comes before the id of an earlier one', () => {
    const wrongId = { id: 9, data: bytes(1) };
    expect(refusal(() => append([wrongId, 'text'])).code).toBe('ERR_LOG_INVALID_ARGUMENT');
    expect(refusal(() => append([wrongId, bytes(11)])).code).toBe('ERR_LOG_NON_SEQUENTIAL');
    expect(refusal(() => append([bytes(11), wrongId])).code).toBe('ERR_LOG_TOO_LARGE');
  });

  test('ERRORS-1: what only looks like bytes is none', () => {
    for (const fake of [new Proxy(bytes(1), {}), Object.create(Uint8Array.prototype)]) {
      expectInvalid(() => append({ data: fake }), 'data must be a Uint8Array: [Uint8Array]');
      const message = 'record must be a Uint8Array or { id?, data }: [Uint8Array]';
      for (const input of [fake, [bytes(1), fake]]) expectInvalid(() => append(input), message);
    }
  });
});

describe('ORDER-5: code of the caller’s', () => {
  test('runs while the input is taken, each part of it once, and never afterwards', () => {
    const reads: string[] = [];
    const read = <T>(name: string, value: T): T => {
      reads.push(name);
      return value;
    };
    class Loud extends Uint8Array {}
    Object.defineProperty(Loud.prototype, 'length', { get: () => read('length', 99) });
    const record = {
      get data() {
        return read('data', Loud.of(1, 2, 3));
      },
      get id() {
        return read('id', 5);
      },
    };
    const own = Object.defineProperty(bytes(2), 'length', { get: () => read('length', 0) });
    const batch = new Proxy([record, own], {
      get: (target, name) => read(`batch.${String(name)}`, Reflect.get(target, name)),
    });
    const taken = takeAppend(batch);
    expect(reads).toEqual(['batch.length', 'batch.0', 'data', 'id', 'batch.1']);
    const checked = checkAppend(taken, 5, LIMITS);
    expect(checked.bytes).toBe(5);
    const copies = checked.records.map((data) => {
      const copy = bytes(data.length);
      copy.set(data);
      return [...copy];
    });
    expect(copies).toEqual([
      [1, 2, 3],
      [0, 0],
    ]);
    expect(reads).toHaveLength(5);
  });

  test('cannot take a record away once the next one is looked at', () => {
    const { buffer } = new Uint8Array(3);
    const first = new Uint8Array(buffer);
    const taken = takeAppend([
      first,
      {
        get data() {
          structuredClone(first, { transfer: [buffer] });
          return bytes(1);
        },
      },
    ]);
    const message = 'data must be bytes that were not transferred away: [Uint8Array]';
    expectInvalid(() => checkAppend(taken, 1, LIMITS), message);
  });
});
