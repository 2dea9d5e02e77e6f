import { isLogError, type Log } from '@wal/core';
import { assertEqual, assertRecords, assertRejects, ConformanceFailure } from '../assertions.ts';
import type { LogCapabilities, LogPlace } from '../fixture.ts';
import { assertHolds, bytes, fill, read } from '../records.ts';

/** The codes with which an append may fail because of its storage. */
const FAILURES = ['ERR_LOG_NO_SPACE', 'ERR_LOG_FAILED', 'ERR_LOG_OUTCOME_UNKNOWN'] as const;

/**
 * Fails three appends, and asserts that what was acknowledged before stays readable, and that the
 * failed ones are absent (APPEND-8), in this handle and, where that can be, after reopening.
 */
export async function assertFailedAppendsAbsent(
  place: LogPlace,
  capabilities: LogCapabilities,
): Promise<void> {
  const log = await place.open();
  const expected = await fill(log, 3);
  const stopFailing = capabilities.failAppends?.(place);
  const batches = [[bytes('a')], [bytes('b'), bytes('c')], [bytes('d')]];
  const codes = await Promise.all(batches.map((batch) => codeOf(log.append(batch))));
  assertRecords(await read(log), expected, 'what was acknowledged, while storage fails');
  stopFailing?.();
  assertRecords(await read(log), expected, 'what was acknowledged, afterwards');

  if (codes.every((code) => code === 'ERR_LOG_NO_SPACE')) {
    expected.push(...(await fill(log, 2, 'after')));
    await assertHolds(log, expected, 6, 'a log that had no space is usable again');
  }
  if (!capabilities.reopen) return;
  await log.close();
  const reopened = await place.open();
  if (!codes.includes('ERR_LOG_OUTCOME_UNKNOWN')) {
    await assertHolds(reopened, expected, expected.length + 1, 'reopened');
  } else {
    await assertKnownPart(reopened, batches, codes, expected.length);
  }
}

/**
 * Fails an append, and asserts that the handle writes no more, though storage is well again (APPEND-9). A log that had
 * no space goes on: APPEND-8.
 */
export async function assertWritesNoMore(
  place: LogPlace,
  capabilities: LogCapabilities,
): Promise<void> {
  const log = await place.open();
  const expected = await fill(log, 3);
  const stopFailing = capabilities.failAppends?.(place);
  const code = await codeOf(log.append(bytes('a')));
  stopFailing?.();
  if (code === 'ERR_LOG_NO_SPACE') return;
  await assertRejects(() => log.append(bytes('b')), 'ERR_LOG_FAILED', `append after ${code}`);
  await assertRejects(() => log.truncate(1), 'ERR_LOG_FAILED', `truncate after ${code}`);
  await assertRejects(() => log.trim(1), 'ERR_LOG_FAILED', `trim after ${code}`);
  assertRecords(await read(log), expected, 'what was acknowledged');
}

async function codeOf(append: Promise<unknown>): Promise<string> {
  const [outcome] = await Promise.allSettled([append]);
  if (outcome?.status === 'rejected') {
    const code = FAILURES.find((failure) => isLogError(outcome.reason, failure));
    if (code !== undefined) return code;
    throw new ConformanceFailure('an append that storage fails', FAILURES, outcome.reason);
  }
  throw new ConformanceFailure('an append that storage fails', FAILURES, outcome?.value);
}

/** After a failure of unknown outcome: the acknowledged records, then whole batches of unknown outcome. */
async function assertKnownPart(
  log: Log,
  batches: readonly (readonly Uint8Array[])[],
  codes: readonly string[],
  acknowledged: number,
): Promise<void> {
  const records = await read(log);
  const rest = records.slice(acknowledged).map(({ data }) => new TextDecoder().decode(data));
  const unknown = batches.filter((_, i) => codes[i] === 'ERR_LOG_OUTCOME_UNKNOWN');
  const possible = unknown.map((_, count) => unknown.slice(0, count + 1).flat());
  const texts = [[], ...possible].map((batch) =>
    batch.map((data) => new TextDecoder().decode(data)),
  );
  const found = texts.some((some) => some.join() === rest.join());
  assertEqual(found, true, `reopened, after ${codes.join()}: [${rest}] is whole batches, in order`);
  assertEqual(log.nextId, records.length + 1, 'nextId, reopened');
}
