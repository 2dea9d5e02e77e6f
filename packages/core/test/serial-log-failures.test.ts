import { createSerialLog, LogError, type SerialLog } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { settle, showError } from './fake-log.ts';
import { FakeStore, gate } from './serial-log-store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A log of records 5, 6 and 7. */
function create(firstId = 5, nextId = 8): { store: FakeStore; log: SerialLog } {
  const store = new FakeStore({ firstId, nextId });
  return { store, log: createSerialLog(store, { firstId, nextId }) };
}

/** What a call comes to: what it resolves with, or the code of the error. */
const outcomeOf = (call: Promise<unknown>): Promise<unknown> => call.catch(showError);

describe('a commit that fails', () => {
  const failure = new Error('the disk fails');

  test('APPEND-8 its append has an unknown outcome, those behind it none', async () => {
    const { store, log } = create();
    store.beforeCommit = () => {
      if (store.commits.length === 2) throw failure;
    };
    const calls = [
      log.append(bytes('a')),
      log.append([bytes('b'), bytes('c')]),
      log.append(bytes('d')),
      log.truncate(5),
      log.trim(6),
    ];
    expect(log.nextId).toBe(7);
    const [first, unknown, ...others] = await Promise.allSettled(calls);
    expect(first).toMatchObject({ value: { firstId: 8, lastId: 8 } });
    expect(unknown).toMatchObject({
      reason: {
        code: 'ERR_LOG_OUTCOME_UNKNOWN',
        firstId: 9,
        cause: { code: 'ERR_LOG_FAILED', cause: failure },
      },
    });
    const failed = { reason: { code: 'ERR_LOG_FAILED', cause: failure } };
    expect(others).toMatchObject([failed, failed, failed]);
    expect(store.commits).toEqual(['append 8 a', 'append 9 b,c']);
    expect([log.lastId, log.nextId]).toEqual([8, 9]);
    for (const call of [() => log.append([]), () => log.truncate(8), () => log.trim(4)]) {
      expect(await outcomeOf(call())).toBe('ERR_LOG_FAILED');
    }
    expect((await log.get(8)).data).toEqual(bytes('a'));
  });

  test.each([
    ['truncate', (log: SerialLog) => log.truncate(5)],
    ['trim', (log: SerialLog) => log.trim(6)],
  ])('%s rejects with the failure, and so does the same call behind it', async (_, change) => {
    const { store, log } = create();
    store.beforeCommit = () => {
      throw failure;
    };
    // The second changes nothing but for the first: it is not durable either.
    const calls = [change(log), change(log), log.append([])].map(outcomeOf);
    expect(await Promise.all(calls)).toEqual(calls.map(() => 'ERR_LOG_FAILED'));
    expect([log.firstId, log.lastId, log.nextId]).toEqual([5, 7, 8]);
    expect((await log.get(7)).id).toBe(7);
  });

  test('also one that throws instead of rejecting', async () => {
    const { store, log } = create();
    store.commit = () => {
      throw failure;
    };
    expect(await outcomeOf(log.append(bytes('a')))).toBe('ERR_LOG_OUTCOME_UNKNOWN');
    expect(await outcomeOf(log.append(bytes('b')))).toBe('ERR_LOG_FAILED');
    expect(log.nextId).toBe(8);
  });

  test.each(['ERR_LOG_NO_SPACE', 'ERR_LOG_CORRUPT', 'ERR_LOG_INVALID_ARGUMENT'] as const)(
    'with %s does not have later calls say that the log is usable',
    async (code) => {
      const { store, log } = create();
      const cause = new LogError(code, 'from below');
      store.beforeCommit = () => {
        throw cause;
      };
      expect(await outcomeOf(log.append(bytes('a')))).toBe('ERR_LOG_OUTCOME_UNKNOWN');
      await expect(log.trim(5)).rejects.toMatchObject({ code: 'ERR_LOG_FAILED', cause });
    },
  );

  test.each(['ERR_LOG_FENCED', 'ERR_LOG_READ_ONLY'] as const)(
    'with %s has made no change, and every call says so',
    async (code) => {
      const { store, log } = create();
      store.beforeCommit = () => {
        throw new LogError(code, 'from below');
      };
      const calls = [log.append(bytes('a')), log.append(bytes('b')), log.truncate(5)];
      expect(await Promise.all(calls.map(outcomeOf))).toEqual([code, code, code]);
      expect(await outcomeOf(log.trim(5))).toBe(code);
      expect(store.commits).toEqual(['append 8 a']);
    },
  );
});

describe('fail', () => {
  test('stops what is planned, and nextId falls back', async () => {
    const { store, log } = create();
    const cause = new Error('the lock was lost');
    const calls = [log.append(bytes('a')), log.truncate(5)].map(outcomeOf);
    log.fail(cause);
    log.fail(new Error('the second is not told'));
    expect(log.nextId).toBe(8);
    expect(await Promise.all(calls)).toEqual(['ERR_LOG_FAILED', 'ERR_LOG_FAILED']);
    await expect(log.append(bytes('b'))).rejects.toMatchObject({ code: 'ERR_LOG_FAILED', cause });
    expect(store.commits).toEqual([]);
  });

  test('during an append: it is not acknowledged, and not to be seen', async () => {
    const { store, log } = create();
    const held = gate();
    store.beforeCommit = () => held.opened;
    const calls = [log.append(bytes('a')), log.append(bytes('b'))].map(outcomeOf);
    await settle();
    log.fail(new LogError('ERR_LOG_FENCED', 'another writer came'));
    held.open();
    expect(await Promise.all(calls)).toEqual(['ERR_LOG_OUTCOME_UNKNOWN', 'ERR_LOG_FENCED']);
    expect([log.lastId, log.nextId]).toEqual([7, 8]);
    expect(await outcomeOf(log.get(8))).toBe('ERR_LOG_NOT_FOUND');
  });

  test.each([
    ['truncate', (log: SerialLog) => log.truncate(5), 6, 'ERR_LOG_NOT_FOUND', [5, 5, 6]],
    ['trim', (log: SerialLog) => log.trim(5), 5, 'ERR_LOG_TRIMMED', [6, 7, 8]],
  ])(
    'during a %s: it is refused, and what it took away is no corruption',
    async (_, change, id, code, ids) => {
      const { store, log } = create();
      const held = gate();
      store.beforeCommit = () => held.opened;
      const call = outcomeOf(change(log));
      await settle();
      log.fail(new Error('the lock was lost'));
      held.open();
      expect(await call).toBe('ERR_LOG_FAILED');
      expect(await outcomeOf(log.get(id))).toBe(code);
      expect([log.firstId, log.lastId, log.nextId]).toEqual(ids);
    },
  );
});
