import type { Log } from '@wal/core';
import { assertBytes, assertEqual, assertRejects } from '../assertions.ts';
import { clause } from '../clause-test.ts';
import { type ConformanceGroup, defineGroup } from '../group.ts';
import { assertHolds, bytes, read, recordsFrom } from '../records.ts';
import { settleOrder } from '../waiting.ts';
import { reentrancyTests } from './reentrancy.ts';
import { visibilityTests } from './visibility.ts';

/** Calls that do not wait for one another (ORDER-1 … 5, READ-1). */
export const concurrencyGroup: ConformanceGroup = defineGroup('concurrency', [
  clause('ORDER-1', 'append, truncate, append take effect in call order', async ({ place }) => {
    const log = await place.open();
    const calls = [
      log.append([bytes('a'), bytes('b'), bytes('c')]),
      log.truncate(1),
      log.append([bytes('B'), bytes('C')]),
      log.truncate(2),
      log.append({ id: 3, data: bytes('d') }),
    ];
    await Promise.all(calls);
    await assertHolds(log, recordsFrom(1, 'a', 'B', 'd'), 4, 'as if awaited one by one');
  }),

  clause('ORDER-1', 'append, trim, append take effect in call order', async ({ place }) => {
    const log = await place.open();
    const calls = [
      log.trim(1),
      log.append([bytes('b'), bytes('c')]),
      log.trim(2),
      log.append(bytes('d')),
      log.trim(10),
      log.append({ id: 11, data: bytes('e') }),
      log.trim(5),
    ];
    await Promise.all(calls);
    await assertHolds(log, recordsFrom(11, 'e'), 12, 'as if awaited one by one');
  }),

  clause('ORDER-1', 'truncate and trim in flight see each other', async ({ place }) => {
    const log = await place.open();
    const calls = [
      log.append(['a', 'b', 'c', 'd', 'e'].map(bytes)),
      log.trim(3),
      log.truncate(1),
      log.append(bytes('D')),
      log.truncate(4),
      log.append([bytes('E'), bytes('F')]),
      log.truncate(5),
      log.trim(4),
    ];
    await Promise.all(calls);
    await assertHolds(log, recordsFrom(5, 'E'), 6, 'as if awaited one by one');
  }),

  clause('ORDER-1', 'a long run of calls takes effect in call order', async ({ place }) => {
    const log = await place.open();
    const calls: Promise<unknown>[] = [];
    for (let round = 0; round < 20; round++) {
      const id = log.nextId;
      calls.push(log.append([bytes(`keep ${round}`), bytes('drop'), bytes('drop')]));
      calls.push(log.truncate(id));
      calls.push(log.append({ id: id + 1, data: bytes(`also ${round}`) }));
    }
    calls.push(log.trim(36));
    await Promise.all(calls);
    const texts = ['keep 18', 'also 18', 'keep 19', 'also 19'];
    await assertHolds(log, recordsFrom(37, ...texts), 41, 'as if awaited one by one');
  }),

  clause('ORDER-2', 'appends of all sizes resolve in call order', async ({ place }) => {
    const log = await place.open();
    const sizes = [5000, 1, 0, 60_000, 2, 9, 30_000, 3];
    const calls = sizes.flatMap((size) => [
      log.append(new Uint8Array(size)),
      log.append([bytes('x'), new Uint8Array(size), bytes('y')]),
    ]);
    assertEqual(await settleOrder(calls), [...calls.keys()], 'the order of the promises');
  }),

  clause('ORDER-2', 'appends, truncates and trims resolve in call order', async ({ place }) => {
    const log = await place.open();
    const calls = [
      log.append(new Uint8Array(10_000)),
      log.append([bytes('b'), bytes('c')]),
      log.truncate(9),
      log.trim(0),
      log.append(bytes('d')),
      log.truncate(3),
      log.append([]),
      log.trim(1),
      log.append(bytes('D')),
      log.trim(20),
      log.append(bytes('e')),
      log.truncate(-1),
    ];
    assertEqual(await settleOrder(calls), [...calls.keys()], 'the order of the promises');
    await assertHolds(log, [], 21, 'after it');
  }),

  clause('ORDER-2', 'with a signal or without, calls resolve in call order', async ({ place }) => {
    const log = await place.open();
    const { signal } = new AbortController();
    const calls = [
      log.append(bytes('a'), { signal }),
      log.append([bytes('b'), bytes('c')]),
      log.append([], { signal }),
      log.truncate(1, { signal }),
      log.append(bytes('B')),
      log.trim(1, { signal }),
      log.trim(1),
      log.append(bytes('C'), { signal }),
      log.append([]),
    ];
    assertEqual(await settleOrder(calls), [...calls.keys()], 'the order of the promises');
    await assertHolds(log, recordsFrom(2, 'B', 'C'), 4, 'after it');
  }),

  clause('ORDER-3', 'appends at once each keep their ids and bytes', async ({ place }) => {
    const log = await place.open();
    const appends = Array.from({ length: 200 }, async (_, i) => {
      const batch = Array.from({ length: 1 + (i % 3) }, (_, j) => bytes(`${i}.${j}`));
      return {
        batch,
        ids: await log.append(i % 2 === 0 ? batch : batch.map((data) => ({ data }))),
      };
    });
    let id = 1;
    for (const { batch, ids } of await Promise.all(appends)) {
      assertEqual(ids, { firstId: id, lastId: id + batch.length - 1 }, 'the ids of an append');
      for (const data of batch) assertBytes((await log.get(id++)).data, data, 'its bytes');
    }
    assertEqual((await read(log)).length, id - 1, 'the number of records');
    assertEqual(log.nextId, id, 'nextId');
  }),

  clause('ORDER-3', 'appends made as others resolve lose nothing', async ({ place }) => {
    const log = await place.open();
    const appendMany = async (writer: number): Promise<void> => {
      for (let i = 0; i < 25; i++) await log.append(bytes(`${writer}:${i}`));
    };
    await Promise.all([0, 1, 2, 3].map(appendMany));
    const decoder = new TextDecoder();
    const texts = (await read(log)).map(({ data }) => decoder.decode(data));
    for (const writer of [0, 1, 2, 3]) {
      const own = texts.filter((text) => text.startsWith(`${writer}:`));
      const expected = Array.from({ length: 25 }, (_, i) => `${writer}:${i}`);
      assertEqual(own, expected, `what writer ${writer} appended, in its order`);
    }
    assertEqual(texts.length, 100, 'the number of records');
  }),

  clause('ORDER-4', 'a refused call disturbs neither those before nor after', async ({ place }) => {
    const log = await place.open();
    const before = log.append([bytes('a'), bytes('b')]);
    const refused = [
      assertRejects(() => log.append('x' as never), 'ERR_LOG_INVALID_ARGUMENT', 'a string'),
      assertRejects(
        () => log.append([bytes('x'), { id: 9, data: bytes('x') }]),
        'ERR_LOG_NON_SEQUENTIAL',
        'a wrong id',
        { expectedId: 4 },
      ),
      assertRejects(() => log.truncate(-2), 'ERR_LOG_INVALID_ARGUMENT', 'truncate(-2)'),
      assertRejects(() => log.trim(-1), 'ERR_LOG_INVALID_ARGUMENT', 'trim(-1)'),
    ];
    assertEqual(log.nextId, 3, 'nextId after the refused calls');
    const after = log.append({ id: 3, data: bytes('c') });
    const more = refuseBetween(log);
    const last = log.append([bytes('d')]);
    assertEqual(
      await Promise.all([before, after, last]),
      [
        { firstId: 1, lastId: 2 },
        { firstId: 3, lastId: 3 },
        { firstId: 4, lastId: 4 },
      ],
      'the appends around them',
    );
    await Promise.all([...refused, more]);
    await assertHolds(log, recordsFrom(1, 'a', 'b', 'c', 'd'), 5, 'after it');
  }),

  ...reentrancyTests,

  ...visibilityTests,
]);

async function refuseBetween(log: Log): Promise<void> {
  const wrong = (): unknown => log.append({ id: 3, data: bytes('x') });
  await assertRejects(wrong, 'ERR_LOG_NON_SEQUENTIAL', 'an id in flight', { expectedId: 4 });
}
