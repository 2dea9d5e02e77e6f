import { isLogError, type LogRecord } from '@wal/core';
import { assertEqual, assertRecords, assertRejects, ConformanceFailure } from '../assertions.ts';
import { type ClauseTest, clauseNeeding, excluding, reopening } from '../clause-test.ts';
import type { LogPlace } from '../fixture.ts';
import { assertHolds, bytes, fill, read } from '../records.ts';

/** One writer at a time, in the way the backend says (OPEN-2). */
export const exclusionTests: readonly ClauseTest[] = [
  clauseNeeding(
    excluding,
    'OPEN-2',
    'a second writer is locked out, or takes over and fences the first',
    ({ place, capabilities }) =>
      capabilities.exclusion === 'locked' ? assertLockedOut(place) : assertTakenOver(place),
  ),

  clauseNeeding(
    excluding,
    'OPEN-2',
    'of writers that open at once one gets the log',
    ({ place, capabilities }) =>
      capabilities.exclusion === 'locked' ? assertOneOpens(place) : assertOneKeeps(place),
  ),

  clauseNeeding(
    [excluding, reopening],
    'OPEN-2',
    'what a writer acknowledged is there for the next',
    ({ place, capabilities }) =>
      capabilities.exclusion === 'locked' ? assertHandedOver(place) : assertNothingLost(place),
  ),
];

async function assertLockedOut(place: LogPlace): Promise<void> {
  const log = await place.open();
  const before = await fill(log, 2);
  for (let i = 0; i < 2; i++) {
    await assertRejects(() => place.open(), 'ERR_LOG_LOCKED', 'the second opening');
  }
  const after = await fill(log, 1);
  await assertHolds(log, [...before, ...after], 4, 'the log of the first');
  await assertRejects(() => place.open(), 'ERR_LOG_LOCKED', 'the second opening, later');
}

async function assertTakenOver(place: LogPlace): Promise<void> {
  const first = await place.open();
  const before = await fill(first, 2);
  const second = await place.open();
  await assertHolds(second, before, 3, 'the log taken over');
  await assertRejects(() => first.append(bytes('x')), 'ERR_LOG_FENCED', 'append of the first');
  await assertRejects(() => first.truncate(0), 'ERR_LOG_FENCED', 'truncate of the first');
  await assertRejects(() => first.trim(1), 'ERR_LOG_FENCED', 'trim of the first');
  const after = await fill(second, 2);
  await first.close();
  await assertHolds(second, [...before, ...after], 5, 'the log of the second');
}

async function assertOneOpens(place: LogPlace): Promise<void> {
  const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => place.open()));
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled' || isLogError(outcome.reason, 'ERR_LOG_LOCKED')) continue;
    throw new ConformanceFailure('an opening that lost', 'ERR_LOG_LOCKED', outcome.reason);
  }
  const opened = outcomes.filter(({ status }) => status === 'fulfilled');
  assertEqual(opened.length, 1, 'the number of openings that succeeded');
}

async function assertOneKeeps(place: LogPlace): Promise<void> {
  const openings = await Promise.allSettled(Array.from({ length: 4 }, () => place.open()));
  const logs = openings.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  for (const log of logs) await log.append(bytes('x')).catch(() => {});
  const appends = await Promise.allSettled(logs.map((log) => log.append(bytes('y'))));
  const kept = appends.filter(({ status }) => status === 'fulfilled');
  assertEqual(kept.length, 1, 'the number of writers left');
}

async function assertHandedOver(place: LogPlace): Promise<void> {
  const first = await place.open();
  const before = await fill(first, 2);
  await assertRejects(() => place.open(), 'ERR_LOG_LOCKED', 'while the first is open');
  await first.close();
  const second = await place.open();
  await assertRejects(() => place.open(), 'ERR_LOG_LOCKED', 'while the second is open');
  await first.close();
  await assertRejects(() => place.open(), 'ERR_LOG_LOCKED', 'once the first is closed again');
  await assertHolds(second, [...before, ...(await fill(second, 1))], 4, 'the log of the second');
}

async function assertNothingLost(place: LogPlace): Promise<void> {
  const first = await place.open();
  const appends = Array.from({ length: 30 }, (_, i) => first.append(bytes(`first ${i}`)));
  const outcomes = Promise.allSettled(appends);
  const second = await place.open();
  const held = await read(second);
  const acknowledged: LogRecord[] = [];
  for (const [i, outcome] of (await outcomes).entries()) {
    if (outcome.status === 'rejected') continue;
    acknowledged.push({ id: outcome.value.firstId, data: bytes(`first ${i}`) });
  }
  assertRecords(held.slice(0, acknowledged.length), acknowledged, 'what was acknowledged');
  const after = await fill(second, 2, 'second');
  await assertHolds(second, [...held, ...after], held.length + 3, 'the log of the second');
}
