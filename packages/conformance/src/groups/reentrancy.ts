import type { Log, OperationOptions } from '@wal/core';
import { assertEqual, assertRejects } from '../assertions.ts';
import { type ClauseTest, clause } from '../clause-test.ts';
import type { LogCapabilities, LogPlace } from '../fixture.ts';
import { assertHolds, bytes, fill, recordsFrom } from '../records.ts';

/** Calls the log with `data`, where it takes any, and runs `call` while the log reads what it was given. */
type CallWithin = (log: Log, data: Uint8Array, call: () => void) => Promise<unknown>;

/** What of an append can be a caller's own code. */
const WITHIN_APPEND: readonly (readonly [where: string, append: CallWithin])[] = [
  [
    'the data of a record',
    (log, data, call) =>
      log.append({
        get data() {
          call();
          return data;
        },
      }),
  ],
  [
    'the id of a record',
    (log, data, call) =>
      log.append({
        data,
        get id() {
          call();
          return log.nextId;
        },
      }),
  ],
  [
    'a record that is a Proxy',
    (log, data, call) => {
      const handler: ProxyHandler<{ data: Uint8Array }> = {
        has: (record, name) => {
          call();
          return Reflect.has(record, name);
        },
      };
      return log.append(new Proxy({ data }, handler));
    },
  ],
  [
    'a batch that is a Proxy',
    (log, data, call) => {
      const handler: ProxyHandler<Uint8Array[]> = {
        get: (batch, name) => {
          call();
          return Reflect.get(batch, name);
        },
      };
      return log.append(new Proxy([data], handler));
    },
  ],
  ['the options', (log, data, call) => log.append(data, optionsThat(call))],
];

const WITHIN_CALLS: readonly (readonly [where: string, call: CallWithin])[] = [
  ...WITHIN_APPEND,
  ['the options of an append of none', (log, _, call) => log.append([], optionsThat(call))],
  ['the options of a truncate', (log, _, call) => log.truncate(1, optionsThat(call))],
  ['the options of a trim', (log, _, call) => log.trim(1, optionsThat(call))],
  ['the options of a get', (log, _, call) => log.get(1, optionsThat(call))],
];

/** Calls that a caller's own code makes while the log reads what another call was given (ORDER-4, 5). */
export const reentrancyTests: readonly ClauseTest[] = [
  ...WITHIN_APPEND.map(([where, append]) =>
    clause('ORDER-5', `an append made by ${where} comes before it`, async (subject) => {
      const log = await subject.place.open();
      await fill(log, 1, 'a');
      let within: Promise<unknown> | undefined;
      const outer = append(log, bytes('outer'), () => {
        within ??= log.append([bytes('within 1'), bytes('within 2')]);
      });
      const ids = [await within, await outer, await log.append(bytes('after'))];
      const expected = [
        { firstId: 2, lastId: 3 },
        { firstId: 4, lastId: 4 },
        { firstId: 5, lastId: 5 },
      ];
      assertEqual(ids, expected, 'the ids that the appends were given');
      await assertHoldsForGood(log, subject, ['a 1', 'within 1', 'within 2', 'outer', 'after']);
    }),
  ),

  clause('ORDER-5', 'bytes may say themselves how long they are', async (subject) => {
    const log = await subject.place.open();
    await fill(log, 1, 'a');
    const within: Promise<unknown>[] = [];
    const data = Object.defineProperty(bytes('outer'), 'length', {
      get: () => {
        if (within.length === 0) within.push(log.append(bytes('within')));
        return 'outer'.length;
      },
    });
    await Promise.all([log.append(data), ...within]);
    await log.append(bytes('after'));
    // Whether a log asks them is its own affair.
    const texts = within.length === 0 ? ['outer'] : ['within', 'outer'];
    await assertHoldsForGood(log, subject, ['a 1', ...texts, 'after']);
  }),

  clause('ORDER-5', 'a truncate and a trim made by a record come before it', async (subject) => {
    const log = await subject.place.open();
    await fill(log, 3, 'a');
    const appendWithin = WITHIN_APPEND[0]?.[1] as CallWithin;
    let truncated: Promise<void> | undefined;
    const second = appendWithin(log, bytes('b'), () => {
      truncated ??= log.truncate(1);
    });
    assertEqual(await second, { firstId: 2, lastId: 2 }, 'behind a truncate');
    let trimmed: Promise<void> | undefined;
    const tenth = appendWithin(log, bytes('c'), () => {
      trimmed ??= log.trim(9);
    });
    assertEqual(await tenth, { firstId: 10, lastId: 10 }, 'behind a trim');
    await Promise.all([truncated, trimmed]);
    await assertHolds(log, recordsFrom(10, 'c'), 11, 'after it');
  }),

  clause(
    'ORDER-5',
    'an append made by the options of a truncate comes before it',
    async (subject) => {
      const log = await subject.place.open();
      await fill(log, 2, 'a');
      let within: Promise<unknown> | undefined;
      const options = optionsThat(() => {
        within ??= log.append(bytes('x'));
      });
      await log.truncate(2, options);
      assertEqual(await within, { firstId: 3, lastId: 3 }, 'what is truncated then');
      await log.append(bytes('b'));
      await assertHoldsForGood(log, subject, ['a 1', 'a 2', 'b']);
    },
  ),

  clause(
    'ORDER-5',
    'an append made by the options of a trim comes before it',
    async ({ place }) => {
      const log = await place.open();
      await fill(log, 2, 'a');
      let within: Promise<unknown> | undefined;
      const options = optionsThat(() => {
        within ??= log.append(bytes('x'));
      });
      await log.trim(3, options);
      assertEqual(await within, { firstId: 3, lastId: 3 }, 'what is trimmed then');
      await assertHolds(log, [], 4, 'after it');
    },
  ),

  ...WITHIN_CALLS.map(([where, callWithin]) =>
    clause('ORDER-5', `a close made by ${where} refuses the call`, async (subject) => {
      const log = await subject.place.open();
      await fill(log, 2, 'a');
      let closed: Promise<unknown> | undefined;
      const call = (): unknown =>
        callWithin(log, bytes('x'), () => {
          closed ??= log.close();
        });
      await assertRejects(call, 'ERR_LOG_CLOSED', where);
      await closed;
      if (!subject.capabilities.reopen) return;
      const reopened = await subject.place.open();
      await assertHolds(reopened, recordsFrom(1, 'a 1', 'a 2'), 3, 'reopened');
    }),
  ),

  clause(
    'ORDER-4',
    'bytes that a later record takes away refuse the whole batch',
    async (subject) => {
      const log = await subject.place.open();
      await fill(log, 1, 'a');
      const first = bytes('first');
      const second = {
        get data() {
          structuredClone(first, { transfer: [first.buffer] });
          return bytes('second');
        },
      };
      const call = (): unknown => log.append([first, second]);
      await assertRejects(call, 'ERR_LOG_INVALID_ARGUMENT', 'bytes that are gone');
      await log.append(bytes('b'));
      await assertHoldsForGood(log, subject, ['a 1', 'b']);
    },
  ),
];

function optionsThat(call: () => void): OperationOptions {
  return {
    get signal() {
      call();
      return undefined;
    },
  };
}

/** Asserts that a log holds these texts from id 1 on, also when it was closed and, where that can be, opened again. */
async function assertHoldsForGood(
  log: Log,
  { place, capabilities }: { place: LogPlace; capabilities: LogCapabilities },
  texts: readonly string[],
): Promise<void> {
  const records = recordsFrom(1, ...texts);
  await assertHolds(log, records, records.length + 1, 'after it');
  await log.close();
  if (!capabilities.reopen) return;
  await assertHolds(await place.open(), records, records.length + 1, 'reopened');
}
