import type { Log } from '@wal/core';
import {
  assertEqual,
  assertRecord,
  assertRejectsWith,
  assertTrue,
  ConformanceFailure,
} from '../assertions.ts';
import { type ClauseTest, clause } from '../clause-test.ts';
import { assertHolds, bytes, fill, read } from '../records.ts';
import { microtasks, watch } from '../waiting.ts';
import { OPERATIONS } from './bad-arguments.ts';

/** An operation that is still under way after this many microtasks waits for more than those. */
const MANY_MICROTASKS = 50;

/** Cancelling calls (ABORT-1 … 3). */
export const abortTests: readonly ClauseTest[] = [
  ...OPERATIONS.map(([name, call]) =>
    clause('ABORT-1', `${name} with an aborted signal does nothing`, async ({ place }) => {
      const log = await place.open();
      const expected = await fill(log, 3);
      for (const reason of [{ why: 'test' }, new Error('why'), 'a string']) {
        const signal = AbortSignal.abort(reason);
        await assertRejectsWith(() => call(log, { signal }), reason, name);
        assertEqual(log.nextId, 4, `nextId after ${name}`);
      }
      const aborted = AbortSignal.abort();
      await assertRejectsWith(() => call(log, { signal: aborted }), aborted.reason, name);
      await assertHolds(log, expected, 4, `after ${name}`);
    }),
  ),

  clause(
    'ABORT-1',
    'iterators with an aborted signal stay rejected until return',
    async (subject) => {
      const log = await subject.place.open();
      await fill(log, 3);
      const reason = { why: 'test' };
      const iterator = log.iterator({ signal: AbortSignal.abort(reason) });
      for (let i = 0; i < 2; i++) {
        await assertRejectsWith(() => iterator.next(), reason, 'next');
        await assertRejectsWith(() => iterator.nextBatch(), reason, 'nextBatch');
      }
      assertEqual((await iterator.return()).done, true, 'return');
      assertEqual((await iterator.next()).done, true, 'next after return');
    },
  ),

  ...OPERATIONS.map(([name, call]) =>
    clause('ABORT-2', `an abort during ${name} rejects it with the reason`, async ({ place }) => {
      const log = await place.open();
      await fill(log, 3);
      // What is done in microtasks alone may be done before an abort can reach it.
      const isSoonDone = async (): Promise<boolean> => {
        const control = watch(call(log));
        await microtasks(MANY_MICROTASKS);
        const { state } = control;
        await log.append(bytes('more'));
        return state !== 'pending';
      };
      const mayWin = await isSoonDone();
      const controller = new AbortController();
      const reason = { why: 'test' };
      const pending = call(log, { signal: controller.signal });
      controller.abort(reason);
      const [outcome] = await Promise.allSettled([pending]);
      if (outcome?.status === 'rejected') {
        await assertRejectsWith(() => pending, reason, name);
      } else if (!mayWin) {
        // What was read before may be at hand by now.
        await log.append(bytes('more'));
        const isAtHand = await isSoonDone();
        if (!isAtHand) throw new ConformanceFailure(`${name}, aborted`, reason, outcome);
      }
      await assertUsable(log);
    }),
  ),

  clause('ABORT-2', 'an aborted append is in the log whole or not at all', async ({ place }) => {
    const log = await place.open();
    const expected = await fill(log, 1);
    const controller = new AbortController();
    const batch = [bytes('a'), bytes('b'), bytes('c')];
    const pending = log.append(batch, { signal: controller.signal });
    controller.abort('test');
    await pending.catch(() => {});
    const { firstId } = await log.append(bytes('last'));
    assertTrue(firstId === 2 || firstId === 5, `all three or none before id ${firstId}`);
    if (firstId === 5) expected.push(...batch.map((data, i) => ({ id: 2 + i, data })));
    expected.push({ id: firstId, data: bytes('last') });
    await assertHolds(log, expected, firstId + 1, 'with the next append');
  }),

  clause('ABORT-2', 'an abort ends an iterator half-way', async ({ place }) => {
    const log = await place.open();
    await fill(log, 20);
    for (const step of ['next', 'nextBatch'] as const) {
      const controller = new AbortController();
      const iterator = log.iterator({ signal: controller.signal });
      await iterator.next();
      controller.abort(step);
      await assertRejectsWith(() => iterator[step](), step, `${step} after the abort`);
      await assertRejectsWith(() => iterator.next(), step, 'asked again');
    }
  }),

  clause('ABORT-3', 'aborting one of many appends leaves the others alone', async ({ place }) => {
    const log = await place.open();
    const controllers = Array.from({ length: 9 }, () => new AbortController());
    const calls = controllers.map(async ({ signal }, i) => {
      const ids = await log.append([bytes(`${i}.0`), bytes(`${i}.1`)], { signal });
      return { i, ids };
    });
    for (const i of [0, 4, 8]) controllers[i]?.abort('test');
    const outcomes = await Promise.allSettled(calls);
    await log.append(bytes('last'));
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') {
        const id = outcome.value.ids.firstId;
        assertRecord(await log.get(id), { id, data: bytes(`${i}.0`) }, `append ${i}`);
        assertRecord(await log.get(id + 1), { id: id + 1, data: bytes(`${i}.1`) }, `append ${i}`);
      } else {
        assertTrue([0, 4, 8].includes(i), `append ${i}, not aborted, succeeds`);
      }
    }
    await assertUsable(log);
  }),

  clause('ABORT-3', 'an abort after the call is done does nothing', async ({ place }) => {
    const log = await place.open();
    const controller = new AbortController();
    const { signal } = controller;
    await log.append([bytes('a'), bytes('b')], { signal });
    await log.get(1, { signal });
    await log.trim(1, { signal });
    controller.abort('test');
    await assertHolds(log, [{ id: 2, data: bytes('b') }], 3, 'after the abort');
    await assertUsable(log);
  }),
];

/** Asserts that ids follow one another and that the log takes another record. */
async function assertUsable(log: Log): Promise<void> {
  const { firstId } = await log.append(bytes('usable'));
  const ids = (await read(log)).map(({ id }) => id);
  const first = ids[0] ?? 0;
  assertEqual(
    ids,
    ids.map((_, i) => first + i),
    'ids without a gap',
  );
  assertEqual(ids.at(-1), firstId, 'the last id');
  assertEqual(log.nextId, firstId + 1, 'nextId');
}
