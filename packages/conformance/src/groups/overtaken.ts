import { isLogError, type Log } from '@wal/core';
import { assertEqual, assertRejects } from '../assertions.ts';
import { bytes, take } from '../records.ts';
import { microtasks } from '../waiting.ts';

/**
 * On a log of one record: starts a `next` for record 2, and `delay` microtasks later a truncate that
 * removes it and an append that takes its id again. Asserts that the reader is given the old record and
 * then told, or the new one and all that follows, but never a mixture of both.
 */
export async function assertOvertaken(log: Log, delay: number): Promise<void> {
  const iterator = log.iterator();
  await take(iterator);
  // Appended only now, so that the iterator cannot have read them ahead.
  await log.append([bytes('old 2'), bytes('old 3')]);
  const pending = iterator.next();
  await microtasks(delay);
  const calls = [log.truncate(1), log.append([bytes('new 2'), bytes('new 3')])];
  const { value } = await pending;
  await Promise.all(calls);
  const what = `after ${delay} microtasks`;
  const text = value === undefined ? 'done' : new TextDecoder().decode(value.data);
  if (text === 'old 2') {
    const call = (): unknown => iterator.next();
    const error = await assertRejects(call, 'ERR_LOG_TRUNCATED', `${what}, the old record given`);
    assertEqual(isLogError(error) && error.lastId, 1, `${what}: lastId`);
  } else if (text === 'new 2') {
    const next = await take(iterator);
    assertEqual(new TextDecoder().decode(next.data), 'new 3', `${what}, the new record given`);
  } else {
    assertEqual(text, 'done', `${what}: what the reader was given`);
    assertEqual((await iterator.next()).done, true, `${what}: done stays done`);
  }
  await iterator.return();
}
