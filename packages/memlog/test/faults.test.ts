import { LogError } from '@wal/core';
import { createMemLog, createMemStorage, failOnce, type MemLogFaults } from '@wal/memlog';
import { describe, expect, test } from 'vitest';
import { Gate } from './gate.ts';
import { bytes, contents, outcomes } from './records.ts';

const all = { keepInFlight: Number.POSITIVE_INFINITY };

describe('beforeAppend', () => {
  test('is told ids and bytes, once for each append of records, in call order', async () => {
    const told: unknown[] = [];
    const log = createMemLog({ faults: { beforeAppend: (append) => told.push(append) } });
    const empty = log.append([]);
    await Promise.all([log.append(bytes('abc')), empty, log.append([bytes('d'), bytes('ef')])]);
    await log.truncate(0);
    expect(told).toEqual([
      { firstId: 1, lastId: 1, bytes: 3 },
      { firstId: 2, lastId: 3, bytes: 3 },
    ]);
    expect(await empty).toEqual({ firstId: 1, lastId: 0 });
  });

  test('that fails once: the append is absent and the log stays usable', async () => {
    const cause = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const storage = createMemStorage();
    const faults: MemLogFaults = {};
    const log = createMemLog({ storage, faults });
    await log.append(bytes('a'));
    faults.beforeAppend = failOnce(cause);
    await expect(log.append(bytes('x'))).rejects.toMatchObject({
      name: 'LogError',
      code: 'ERR_LOG_NO_SPACE',
      cause,
    });
    expect(log.nextId).toBe(2);
    await expect(log.append(bytes('b'))).resolves.toEqual({ firstId: 2, lastId: 2 });
    expect(await contents(log)).toEqual(['1=a', '2=b']);
    storage.crash(all);
    expect(await contents(createMemLog({ storage }))).toEqual(['1=a', '2=b']);
  });

  test('that throws a LogError: the append rejects with that', async () => {
    const error = new LogError('ERR_LOG_NO_SPACE', 'quota');
    const log = createMemLog({ faults: { beforeAppend: failOnce(error) } });
    await expect(log.append(bytes('x'))).rejects.toBe(error);
    await expect(log.append(bytes('a'))).resolves.toEqual({ firstId: 1, lastId: 1 });
  });

  test('that fails takes the appends behind it along, not the truncates and trims', async () => {
    const gate = new Gate();
    let appends = 0;
    const log = createMemLog({
      faults: {
        beforeAppend: async () => {
          if (++appends !== 2) return;
          await gate.hook();
          throw new Error('full');
        },
      },
    });
    const settled: string[] = [];
    const note = (name: string, call: Promise<unknown>) =>
      call.then(
        () => settled.push(`${name} ok`),
        (error) => settled.push(`${name} ${error.code}`),
      );
    const calls = [
      note('a', log.append([bytes('a'), bytes('b'), bytes('c')])),
      note('x', log.append([bytes('x'), bytes('x')])),
      note('y', log.append(bytes('y'))),
      note('truncate', log.truncate(2)),
      note('z', log.append(bytes('z'))),
      note('trim', log.trim(1)),
    ];
    expect(log.nextId).toBe(4);
    await gate.entered;
    gate.open();
    await calls[0];
    expect(log.nextId).toBe(3);
    // An append called now comes after the failure and is not affected.
    calls.push(note('d', log.append({ id: 3, data: bytes('d') })));
    await Promise.all(calls);
    expect(settled).toEqual([
      'a ok',
      'x ERR_LOG_NO_SPACE',
      'y ERR_LOG_NO_SPACE',
      'truncate ok',
      'z ERR_LOG_NO_SPACE',
      'trim ok',
      'd ok',
    ]);
    expect(await contents(log)).toEqual(['2=b', '3=d']);
  });

  test('that fails with trims queued: nextId falls back to where they leave it', async () => {
    const gate = new Gate();
    const log = createMemLog({
      faults: {
        beforeAppend: async () => {
          await gate.hook();
          throw new Error('full');
        },
      },
    });
    const calls = [log.append([bytes('x'), bytes('y')]), log.trim(9), log.append(bytes('z'))];
    expect(log.nextId).toBe(11);
    gate.open();
    expect(await outcomes(calls)).toEqual(['ERR_LOG_NO_SPACE', 'ok', 'ERR_LOG_NO_SPACE']);
    expect(log).toMatchObject({ firstId: undefined, lastId: undefined, nextId: 10 });
  });

  test.each(['ERR_LOG_FENCED', 'ERR_LOG_FAILED', 'ERR_LOG_READ_ONLY'] as const)(
    'that throws %s: no more writes',
    async (code) => {
      const error = new LogError(code, 'taken over');
      const storage = createMemStorage();
      const faults: MemLogFaults = {};
      const log = createMemLog({ storage, faults });
      await log.append(bytes('a'));
      let appends = 0;
      faults.beforeAppend = () => {
        if (++appends === 2) throw error;
      };
      const calls = [
        log.append(bytes('b')),
        log.append(bytes('x')),
        log.truncate(0),
        log.append(bytes('y')),
      ];
      expect(await outcomes(calls)).toEqual(['ok', code, code, code]);
      for (const write of [log.append([]), log.append(bytes('z')), log.truncate(0), log.trim(1)]) {
        await expect(write).rejects.toBe(error);
      }
      expect(log.nextId).toBe(3);
      expect(await contents(log)).toEqual(['1=a', '2=b']);
      storage.crash(all);
      expect(await contents(createMemLog({ storage }))).toEqual(['1=a', '2=b']);
    },
  );
});

describe('beforeSync', () => {
  test('is told what becomes durable, appends that were called together as one', async () => {
    const told: unknown[] = [];
    const log = createMemLog({ faults: { beforeSync: (sync) => told.push(sync) } });
    await Promise.all([
      log.append(bytes('a')),
      log.append([]),
      log.append([bytes('b'), bytes('c')]),
      log.truncate(2),
      log.truncate(2),
      log.append(bytes('d')),
      log.trim(1),
      log.trim(0),
      log.append([]),
    ]);
    expect(told).toEqual([
      { kind: 'append', firstId: 1, lastId: 3 },
      { kind: 'truncate', lastToKeep: 2 },
      { kind: 'append', firstId: 3, lastId: 3 },
      { kind: 'trim', discardUpTo: 1 },
    ]);
  });

  async function failedSync() {
    const storage = createMemStorage();
    const faults: MemLogFaults = {};
    const log = createMemLog({ storage, faults });
    await log.append(bytes('a'));
    const cause = new Error('EIO');
    faults.beforeSync = failOnce(cause);
    const group = [log.append(bytes('b')), log.append([bytes('c'), bytes('d')])];
    const queued = [log.truncate(0), log.append(bytes('e'))];
    await expect(group[0]).rejects.toMatchObject({
      code: 'ERR_LOG_OUTCOME_UNKNOWN',
      firstId: 2,
      cause,
    });
    await expect(group[1]).rejects.toMatchObject({ code: 'ERR_LOG_OUTCOME_UNKNOWN', firstId: 3 });
    for (const write of queued) {
      await expect(write).rejects.toMatchObject({ code: 'ERR_LOG_FAILED', cause });
    }
    return { storage, log, cause };
  }

  test('that fails: outcome unknown, and the log takes no more writes but can be read', async () => {
    const { log, cause } = await failedSync();
    for (const write of [log.append(bytes('x')), log.append([]), log.truncate(0), log.trim(1)]) {
      await expect(write).rejects.toMatchObject({ code: 'ERR_LOG_FAILED', cause });
    }
    expect(log).toMatchObject({ firstId: 1, lastId: 1, nextId: 2 });
    expect(await contents(log)).toEqual(['1=a']);
    await log.close();
  });

  test('that fails: after closing and reopening the group is absent', async () => {
    const { storage, log } = await failedSync();
    await log.close();
    const next = createMemLog({ storage });
    expect(await contents(next)).toEqual(['1=a']);
    storage.crash(all);
    expect(await contents(createMemLog({ storage }))).toEqual(['1=a']);
  });

  test.each([
    ['open', 0, ['1=a']],
    ['open', 1, ['1=a', '2=b']],
    ['open', Number.POSITIVE_INFINITY, ['1=a', '2=b', '3=c', '4=d']],
    ['closed', 1, ['1=a', '2=b']],
    ['closed', Number.POSITIVE_INFINITY, ['1=a', '2=b', '3=c', '4=d']],
  ] as const)(
    'that fails: a crash of the %s log keeps %d of the group',
    async (state, keepInFlight, kept) => {
      const { storage, log } = await failedSync();
      if (state === 'closed') await log.close();
      storage.crash({ keepInFlight });
      expect(await contents(createMemLog({ storage }))).toEqual(kept);
    },
  );

  test.each([
    ['truncate', ['1=a'], 2],
    ['trim', ['2=b'], 3],
  ] as const)('that fails a %s: ERR_LOG_FAILED, and either outcome', async (kind, kept, nextId) => {
    for (const keepInFlight of [0, 1]) {
      const storage = createMemStorage();
      const faults: MemLogFaults = {};
      const log = createMemLog({ storage, faults });
      await log.append([bytes('a'), bytes('b')]);
      faults.beforeSync = failOnce();
      await expect(log[kind](1)).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
      expect(await contents(log)).toEqual(['1=a', '2=b']);
      expect(log.nextId).toBe(3);
      storage.crash({ keepInFlight });
      const next = createMemLog({ storage });
      expect(await contents(next)).toEqual(keepInFlight === 1 ? kept : ['1=a', '2=b']);
      expect(next.nextId).toBe(keepInFlight === 1 ? nextId : 3);
    }
  });

  test('that throws ERR_LOG_FENCED: the group is absent for good', async () => {
    const error = new LogError('ERR_LOG_FENCED', 'epoch 7 took over', { epoch: 7 });
    const storage = createMemStorage();
    const log = createMemLog({ storage, faults: { beforeSync: failOnce(error) } });
    const writes = [log.append(bytes('a')), log.append(bytes('b')), log.trim(1)];
    for (const write of writes) await expect(write).rejects.toBe(error);
    await expect(log.append(bytes('c'))).rejects.toBe(error);
    storage.crash(all);
    expect(createMemLog({ storage }).nextId).toBe(1);
  });
});

describe('beforeRead', () => {
  test('is told the ids that a read gives', async () => {
    const told: unknown[] = [];
    const log = createMemLog({ faults: { beforeRead: (read) => told.push(read) } });
    await log.append([bytes('a'), bytes('b'), bytes('c')]);
    await log.get(2);
    await log.iterator({ start: 2 }).nextBatch();
    await expect(log.get(4)).rejects.toMatchObject({ code: 'ERR_LOG_NOT_FOUND' });
    expect(told).toEqual([
      { firstId: 2, lastId: 2 },
      { firstId: 2, lastId: 3 },
    ]);
  });

  test('that fails: get rejects as corrupt, and only that get', async () => {
    const cause = new Error('bad sector');
    const log = createMemLog({ faults: { beforeRead: failOnce(cause) } });
    await log.append(bytes('a'));
    await expect(log.get(1)).rejects.toMatchObject({
      name: 'LogError',
      code: 'ERR_LOG_CORRUPT',
      firstAffectedId: 1,
      cause,
    });
    await expect(log.get(1)).resolves.toEqual({ id: 1, data: bytes('a') });
  });

  test('that fails with a LogError: an iterator rejects with it, and goes on rejecting', async () => {
    const error = new LogError('ERR_LOG_FAILED', 'EIO');
    const log = createMemLog({ faults: { beforeRead: failOnce(error) } });
    await log.append(bytes('a'));
    const iterator = log.iterator();
    await expect(iterator.next()).rejects.toBe(error);
    await expect(iterator.nextBatch()).rejects.toBe(error);
    expect(await contents(log)).toEqual(['1=a']);
  });

  test('that waits: a trim under the read is noticed, an abort ends the wait', async () => {
    const gate = new Gate();
    const faults: MemLogFaults = { beforeRead: gate.hook };
    const log = createMemLog({ faults });
    await log.append([bytes('a'), bytes('b')]);
    const iterator = log.iterator();
    const next = iterator.next();
    const abort = new AbortController();
    const get = log.get(1, { signal: abort.signal });
    await gate.entered;
    await log.trim(1);
    abort.abort(new Error('enough'));
    await expect(get).rejects.toThrow('enough');
    gate.open();
    expect(await next).toEqual({ done: false, value: { id: 2, data: bytes('b') } });
  });
});

test('hooks may be methods', async () => {
  class Counting implements MemLogFaults {
    calls = 0;
    beforeAppend(): void {
      this.calls++;
    }
    beforeSync(): void {
      this.calls++;
    }
    beforeRead(): void {
      this.calls++;
    }
  }
  const faults = new Counting();
  const log = createMemLog({ faults });
  await log.append(bytes('a'));
  await log.get(1);
  expect(faults.calls).toBe(3);
});

test('failOnce throws the first time only, an Error unless told otherwise', () => {
  const hook = failOnce();
  expect(hook).toThrow('injected failure');
  expect(hook).not.toThrow();
  expect(failOnce('anything')).toThrow('anything');
});
