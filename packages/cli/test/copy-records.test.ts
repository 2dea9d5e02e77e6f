import { PassThrough } from 'node:stream';
import { LogError } from '@wal/core';
import { createMemLog, failOnce, type MemLog, type MemLogFaults } from '@wal/memlog';
import { expect, test } from 'vitest';
import { Output } from '../src/output/output.ts';
import { copyRecords } from '../src/transfer/copy-records.ts';

/** A log of so many records of 40 kB: each is an append of its own. */
async function logOf(count: number, faults: MemLogFaults = {}): Promise<MemLog> {
  const log = createMemLog({ faults });
  for (let i = 0; i < count; i++) await log.append(Buffer.alloc(40_000, i + 1));
  return log;
}

/** Copies, and gives the message of what it failed with. */
async function failure(
  source: MemLog,
  destination: MemLog,
  signal = new AbortController().signal,
): Promise<string> {
  const stderr = new Output(new PassThrough());
  const names = { from: 'a', to: 'b', showsProgress: false };
  const copied = copyRecords(source, destination, source.nextId, names, { stderr, signal });
  return await copied.then(
    () => 'copied',
    (error: unknown) => (error as Error).message,
  );
}

/** The destination holds what the source did, up to what the message says. */
async function expectBeginning(destination: MemLog, message: string): Promise<void> {
  const [, last] = /\(records 1 to (\d+) added to b\)/.exec(message) ?? [];
  expect(destination.lastId).toBe(last === undefined ? undefined : Number(last));
  for await (const { id, data } of destination.iterator()) expect(data[0]).toBe(id % 256);
}

/** memlog gives 2,048 records at a time. */
const LONG = 3000;
const small = (faults: MemLogFaults): MemLog => createMemLog({ faults });

async function longLog(faults: MemLogFaults): Promise<MemLog> {
  const log = small(faults);
  await log.append(Array.from({ length: LONG }, (_, i) => Buffer.alloc(100, i + 1)));
  return log;
}

test('an append for which there is no space: those behind it are absent, the next copy goes on', async () => {
  const source = await logOf(20);
  const faults: MemLogFaults = {};
  const destination = small(faults);
  faults.beforeAppend = ({ firstId }) => {
    if (firstId === 8) throw new Error('full');
  };
  const message = await failure(source, destination);
  expect(message).toMatch(/^ERR_LOG_NO_SPACE: .*\(records 1 to 7 added to b\)$/);
  await expectBeginning(destination, message);
  faults.beforeAppend = undefined;
  expect(await failure(source, destination)).toBe('copied');
  expect(destination.lastId).toBe(20);
  await expectBeginning(destination, '(records 1 to 20 added to b)');
});

test('an append of unknown outcome, and a writer that is fenced: said, with what is there', async () => {
  for (const code of ['ERR_LOG_OUTCOME_UNKNOWN', 'ERR_LOG_FENCED'] as const) {
    const source = await logOf(5);
    const fault = code === 'ERR_LOG_FENCED' ? new LogError(code, 'taken over') : undefined;
    const message = await failure(source, small({ beforeSync: failOnce(fault) }));
    expect(message).toMatch(new RegExp(`^${code}: .*\\(nothing was added to b\\)$`));
  }
});

test('a source that cannot be read on: what was read before is there', async () => {
  const source = await longLog({
    beforeRead: ({ firstId }) => {
      if (firstId > 1) throw new Error('rotten');
    },
  });
  const destination = small({});
  const message = await failure(source, destination);
  expect(message).toMatch(/^ERR_LOG_CORRUPT: /);
  await expectBeginning(destination, message);
  expect(destination.lastId).toBeGreaterThan(0);
});

test('a source that is truncated below what was copied: what to do with the copy', async () => {
  const faults: MemLogFaults = {};
  const source = await longLog(faults);
  faults.beforeRead = ({ firstId }) => {
    if (firstId > 1 && source.nextId > 1000) void source.truncate(500);
  };
  const message = await failure(source, small({}));
  expect(message).toContain(
    'a was truncated to record 500 while it was copied: do the same with `wal truncate b 500`, then copy again',
  );
});

test('a source that is truncated above what was copied: once more', async () => {
  const faults: MemLogFaults = {};
  const source = await longLog(faults);
  faults.beforeRead = ({ firstId }) => {
    if (firstId > 1 && source.nextId > LONG) void source.truncate(LONG - 5);
  };
  const destination = small({});
  expect(await failure(source, destination)).toBe(
    'a was truncated while it was copied; run the command again',
  );
  expect(await failure(source, destination)).toBe('copied');
  expect(destination.lastId).toBe(LONG - 5);
});

test('a source that is trimmed faster than it is copied: no gap in the copy', async () => {
  for (const at of [1, 2]) {
    const faults: MemLogFaults = {};
    const source = await longLog(faults);
    faults.beforeRead = ({ firstId }) => {
      if (at === 1 ? firstId === 1 : firstId > 1) void source.trim(LONG - 5);
    };
    const destination = small({});
    const message = await failure(source, destination);
    expect(message).toMatch(
      /^a begins with record 2996 now, since it was trimmed while it was copied: choose another /,
    );
    await expectBeginning(destination, message);
  }
});
