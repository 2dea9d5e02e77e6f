import type { IteratorOptions, Log, OperationOptions } from '@wal/core';

/** A value that a method must refuse, and how its message must show it, where that is plain. */
export interface BadValue {
  readonly name: string;
  readonly value: unknown;
  readonly shown?: string;
}

function plain(value: unknown): BadValue {
  const shown = String(value);
  const name = typeof value === 'string' ? `'${value}'` : shown;
  return { name, value, shown };
}

const BAD_NUMBERS: readonly BadValue[] = [
  ...[Number.NaN, 0.5, 1.5, 2 ** 53, Infinity, -Infinity, '1', '', null, true].map(plain),
  { name: '1n', value: 1n, shown: '1' },
  { name: '{}', value: {} },
  { name: '[1]', value: [1] },
  { name: 'a Date', value: new Date(0) },
];

/** No record ids. */
export const BAD_IDS: readonly BadValue[] = [...BAD_NUMBERS, plain(undefined), plain(-1)];

/** What `truncate` cannot keep up to. */
export const BAD_LAST_TO_KEEP: readonly BadValue[] = [...BAD_NUMBERS, plain(undefined), plain(-2)];

const data = Uint8Array.of(1);

/** Bytes that were given away to another thread: they look empty, and cannot be copied. */
const transferred = Uint8Array.of(1, 2, 3);
structuredClone(transferred, { transfer: [transferred.buffer] });

const BAD_RECORDS: readonly BadValue[] = [
  ...['text', '', 7, null, true, undefined].map(plain),
  { name: 'an ArrayBuffer', value: new ArrayBuffer(4) },
  { name: 'a DataView', value: new DataView(new ArrayBuffer(4)) },
  { name: 'a Uint16Array', value: new Uint16Array(2) },
  { name: 'a Uint8ClampedArray', value: new Uint8ClampedArray(2) },
  { name: 'bytes that were transferred away', value: transferred },
  { name: '{ data: bytes that were transferred away }', value: { data: transferred } },
  { name: 'a function', value: () => data },
  { name: '{}', value: {} },
  { name: '{ id }', value: { id: 3 } },
  { name: '{ length }', value: { length: 1, 0: 1 } },
  { name: '{ data: text }', value: { data: 'text' }, shown: 'text' },
  { name: '{ data: null }', value: { data: null }, shown: 'null' },
  { name: '{ data: undefined }', value: { data: undefined }, shown: 'undefined' },
  { name: '{ data: [1] }', value: { data: [1] } },
  { name: '{ data: an ArrayBuffer }', value: { data: new ArrayBuffer(4) } },
  ...BAD_NUMBERS.map(({ name, value, shown }) => ({
    name: `{ id: ${name}, data }`,
    value: { id: value, data },
    ...(shown === undefined ? {} : { shown }),
  })),
  { name: '{ id: -1, data }', value: { id: -1, data }, shown: '-1' },
];

/** What `append` must refuse: bad records, alone and in batches, and batches that are none. */
export const BAD_INPUTS: readonly BadValue[] = [
  ...BAD_RECORDS,
  ...BAD_RECORDS.flatMap((bad) => [
    { ...bad, name: `[${bad.name}]`, value: [bad.value] },
    { ...bad, name: `[data, ${bad.name}]`, value: [data, bad.value] },
  ]),
  { name: '[1, 2, 3]', value: [1, 2, 3], shown: '1' },
  { name: '[[data]]', value: [[data]] },
  { name: 'a batch with a hole', value: Object.assign(new Array(3), { 0: data, 2: data }) },
  { name: 'a Set', value: new Set([data]) },
];

/** No options of an operation. */
export const BAD_OPTIONS: readonly BadValue[] = [
  ...[null, 5, 'signal', true].map(plain),
  { name: '[]', value: [] },
  ...badSignals(),
];

function badSignals(): BadValue[] {
  const signals: readonly BadValue[] = [
    plain(null),
    plain(1),
    plain('abort'),
    { name: '{}', value: {} },
    { name: '{ aborted: true }', value: { aborted: true } },
    { name: 'an EventTarget', value: new EventTarget() },
    { name: 'an AbortController', value: new AbortController() },
  ];
  return signals.map(({ name, value }) => ({
    name: `{ signal: ${name} }`,
    value: { signal: value },
  }));
}

/** No options of an iterator. */
export const BAD_ITERATOR_OPTIONS: readonly BadValue[] = [
  ...BAD_OPTIONS,
  ...[...BAD_NUMBERS, plain(-1)].flatMap(({ name, value, shown }) =>
    (['start', 'end'] as const).map((option) => ({
      name: `{ ${option}: ${name} }`,
      value: { [option]: value },
      ...(shown === undefined ? {} : { shown }),
    })),
  ),
  ...['yes', 0, 1, null].map((value) => ({
    name: `{ follow: ${typeof value === 'string' ? `'${value}'` : value} }`,
    value: { follow: value },
    shown: String(value),
  })),
];

/** The methods that take options, each with arguments that are right. */
export const OPERATIONS: readonly (readonly [
  name: string,
  call: (log: Log, options?: OperationOptions) => Promise<unknown>,
])[] = [
  ['append', (log, options) => log.append(data, options)],
  ['append of a batch', (log, options) => log.append([data, data], options)],
  ['append of none', (log, options) => log.append([], options)],
  ['get', (log, options) => log.get(log.firstId ?? 0, options)],
  ['truncate', (log, options) => log.truncate(0, options)],
  ['trim', (log, options) => log.trim(log.nextId, options)],
  ['next', (log, options) => log.iterator(options as IteratorOptions).next()],
  ['nextBatch', (log, options) => log.iterator(options as IteratorOptions).nextBatch()],
];
