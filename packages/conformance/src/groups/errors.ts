import { isLogError, type Log, LogError, type LogRecord } from '@wal/core';
import {
  assertEqual,
  assertRejects,
  assertTrue,
  ConformanceFailure,
  promiseOf,
  rejectionOf,
} from '../assertions.ts';
import { clause, clauseNeeding, failingAppends, reopening } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, bytes, fill } from '../records.ts';
import { abortTests } from './abort.ts';
import {
  BAD_IDS,
  BAD_INPUTS,
  BAD_ITERATOR_OPTIONS,
  BAD_LAST_TO_KEEP,
  BAD_OPTIONS,
  type BadValue,
  OPERATIONS,
} from './bad-arguments.ts';
import { assertFailedAppendsAbsent, assertWritesNoMore } from './failed-appends.ts';

/** What is refused, how, and what that leaves behind (ERRORS-1 … 4, ITERATE-12, APPEND-8, APPEND-9, ABORT-1 … 3). */
export const errorsGroup: ConformanceGroup = defineGroup('errors', [
  clause('ERRORS-1', 'append refuses what is no record and no batch', async ({ place }) => {
    await assertRefuses(await place.open(), BAD_INPUTS, (log, value) => log.append(value as never));
  }),

  clause('ERRORS-1', 'get refuses what is no id', async ({ place }) => {
    await assertRefuses(await place.open(), BAD_IDS, (log, value) => log.get(value as never));
  }),

  clause('ERRORS-1', 'trim refuses what is no id', async ({ place }) => {
    await assertRefuses(await place.open(), BAD_IDS, (log, value) => log.trim(value as never));
  }),

  clause('ERRORS-1', 'truncate refuses what is no id and not -1', async ({ place }) => {
    const refuse = (log: Log, value: unknown): unknown => log.truncate(value as never);
    await assertRefuses(await place.open(), BAD_LAST_TO_KEEP, refuse);
  }),

  ...OPERATIONS.slice(0, 6).map(([name, call]) =>
    clause('ERRORS-1', `${name} refuses options that are none`, async ({ place }) => {
      const refuse = (log: Log, value: unknown): unknown => call(log, value as never);
      await assertRefuses(await place.open(), BAD_OPTIONS, refuse);
    }),
  ),

  clause('ITERATE-12', 'iterator throws for bad options at once', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 2);
    for (const { name, value, shown } of BAD_ITERATOR_OPTIONS) {
      const error = thrownBy(() => log.iterator(value as never));
      if (!isLogError(error, 'ERR_LOG_INVALID_ARGUMENT')) {
        throw new ConformanceFailure(`iterator(${name})`, 'ERR_LOG_INVALID_ARGUMENT', error);
      }
      assertShown(error, shown, `iterator(${name})`);
    }
    await assertHolds(log, expected, 3, 'after the refusals');
  }),

  clause('ITERATE-12', 'iterator does not throw for what next can say', async ({ place }) => {
    const log = await place.open();
    await fill(log, 2);
    assertEqual(
      thrownBy(() => log.iterator(undefined)),
      undefined,
      'without options',
    );
    const none = { start: undefined, end: undefined, follow: undefined, signal: undefined };
    assertEqual(
      thrownBy(() => log.iterator(none)),
      undefined,
      'options that are undefined',
    );
    const aborted = { signal: AbortSignal.abort() };
    assertEqual(
      thrownBy(() => log.iterator(aborted)),
      undefined,
      'an aborted signal',
    );
    await log.close();
    assertEqual(
      thrownBy(() => log.iterator()),
      undefined,
      'on a closed log',
    );
    await assertRejects(() => log.iterator().next(), 'ERR_LOG_CLOSED', 'next on a closed log');
  }),

  clause('ERRORS-2', 'every refusal is a LogError with the fields of its code', async (subject) => {
    const log = await subject.place.open();
    await fill(log, 4);
    await log.trim(1);
    const refusals = [
      ['ERR_LOG_INVALID_ARGUMENT', () => log.get(-1), {}],
      ['ERR_LOG_NON_SEQUENTIAL', () => log.append({ id: 1, data: bytes('x') }), { expectedId: 5 }],
      ['ERR_LOG_TRIMMED', () => log.get(1), { firstId: 2 }],
      ['ERR_LOG_NOT_FOUND', () => log.get(9), { nextId: 5 }],
    ] as const;
    for (const [code, call, fields] of refusals) {
      const error = await assertRejects(call, code, code, fields);
      assertTrue(error instanceof Error, `${code} is an Error`);
      assertTrue(error.message.length > 0, `${code} has a message`);
      assertEqual(error.name, new LogError(code, '').name, `${code}: its name`);
    }
    await log.close();
    await assertRejects(() => log.get(2), 'ERR_LOG_CLOSED', 'ERR_LOG_CLOSED');
  }),

  clause('ERRORS-3', 'methods that return a promise never throw', async ({ place }) => {
    const log = await place.open();
    await fill(log, 2);
    const bad: readonly unknown[] = [undefined, null, 'x', -5, {}, [null], Symbol('x')];
    const look = async (): Promise<void> => {
      for (const value of bad) {
        const argument = value as never;
        const options = { signal: value } as never;
        for (const call of [
          () => log.append(argument),
          () => log.append(bytes('x'), options),
          () => log.get(argument),
          () => log.get(1, options),
          () => log.truncate(argument),
          () => log.truncate(0, argument),
          () => log.trim(argument),
          () => log.trim(1, argument),
        ]) {
          await promiseOf(call, `with ${String(value)}`).catch(() => {});
        }
      }
    };
    await look();
    await promiseOf(() => log.close(), 'close');
    await look();
    await promiseOf(() => log.close(), 'close again');
  }),

  clause('ERRORS-4', 'refused calls leave no gap and no record', async ({ place }) => {
    const log = await place.open();
    const expected: LogRecord[] = [];
    for (let i = 0; i < 10; i++) {
      expected.push(...(await fill(log, 1)));
      const wrong = { id: 99, data: bytes('x') };
      await assertRejects(() => log.append([bytes('x'), wrong]), 'ERR_LOG_NON_SEQUENTIAL', 'id');
      await assertRejects(() => log.append(null as never), 'ERR_LOG_INVALID_ARGUMENT', 'null');
      await assertRejects(() => log.get(99), 'ERR_LOG_NOT_FOUND', 'get');
      await assertRejects(() => log.trim(-1), 'ERR_LOG_INVALID_ARGUMENT', 'trim');
      assertEqual(log.nextId, i + 2, 'nextId after the refusals');
    }
    await assertHolds(log, expected, 11, 'all that was accepted');
  }),

  clauseNeeding(
    reopening,
    'APPEND-8',
    'what was refused is absent after reopening',
    async (subject) => {
      const { place } = subject;
      const before = await place.open();
      const expected = await fill(before, 2);
      const wrong = { id: 1, data: bytes('x') };
      await assertRejects(() => before.append([bytes('x'), wrong]), 'ERR_LOG_NON_SEQUENTIAL', 'id');
      await assertRejects(
        () => before.append([bytes('x'), 1 as never]),
        'ERR_LOG_INVALID_ARGUMENT',
        '1',
      );
      await before.close();
      await assertHolds(await place.open(), expected, 3, 'reopened');
    },
  ),

  clauseNeeding(
    failingAppends,
    'APPEND-8',
    'appends that storage failed are absent, and all before stays readable',
    async ({ place, capabilities }) => assertFailedAppendsAbsent(place, capabilities),
  ),

  clauseNeeding(
    failingAppends,
    'APPEND-9',
    'a handle whose storage has failed writes no more',
    async ({ place, capabilities }) => assertWritesNoMore(place, capabilities),
  ),

  ...abortTests,
]);

/** Asserts that a method rejects each of these values by name, and that nothing comes of it. */
async function assertRefuses(
  log: Log,
  values: readonly BadValue[],
  call: (log: Log, value: unknown) => unknown,
): Promise<void> {
  const expected = await fill(log, 2);
  for (const { name, value, shown } of values) {
    const error = await rejectionOf(() => call(log, value), name, 'ERR_LOG_INVALID_ARGUMENT');
    if (!isLogError(error, 'ERR_LOG_INVALID_ARGUMENT')) {
      throw new ConformanceFailure(name, 'ERR_LOG_INVALID_ARGUMENT', error, error);
    }
    assertShown(error, shown, name);
    assertEqual(log.nextId, 3, `nextId after ${name}`);
  }
  await assertHolds(log, expected, 3, 'after the refusals');
  await assertHolds(log, [...expected, ...(await fill(log, 1))], 4, 'with the next append');
}

function assertShown(error: LogError, shown: string | undefined, what: string): void {
  if (shown === undefined || error.message.includes(shown)) return;
  throw new ConformanceFailure(`${what}: the message names the value`, shown, error.message);
}

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
