import { createMemLog, createMemStorage } from '@wal/memlog';
import { describe, expect, test } from 'vitest';
import { Gate } from './gate.ts';
import { bytes, contents, outcomes } from './records.ts';

describe('a storage', () => {
  test('gives a reopened log its records, ids, trim mark and metadata', async () => {
    const storage = createMemStorage();
    const first = createMemLog({ storage, firstId: 10, metadata: bytes('v1') });
    await first.append([bytes('a'), bytes('b'), bytes('c'), bytes('d')]);
    await first.trim(11);
    await first.truncate(12);
    await first.close();

    const second = createMemLog({ storage, firstId: 500 });
    expect(await contents(second)).toEqual(['12=c']);
    expect(second).toMatchObject({ firstId: 12, lastId: 12, nextId: 13, metadata: bytes('v1') });
    await expect(second.get(11)).rejects.toMatchObject({ code: 'ERR_LOG_TRIMMED', firstId: 12 });
  });

  test('keeps the next id of a log that was emptied', async () => {
    const storage = createMemStorage();
    const first = createMemLog({ storage });
    await first.append(bytes('a'));
    await first.trim(41);
    await first.close();
    expect(createMemLog({ storage })).toMatchObject({ firstId: undefined, nextId: 42 });
  });

  test('is locked while a log on it is open or closing', async () => {
    const storage = createMemStorage();
    const gate = new Gate();
    const log = createMemLog({ storage, faults: { beforeSync: gate.hook } });
    const locked = expect.objectContaining({ code: 'ERR_LOG_LOCKED' });
    expect(() => createMemLog({ storage })).toThrow(locked);
    const append = log.append(bytes('a'));
    const closed = log.close();
    await gate.entered;
    expect(() => createMemLog({ storage })).toThrow(locked);
    gate.open();
    await closed;
    await append;
    expect(await contents(createMemLog({ storage }))).toEqual(['1=a']);
  });

  test('is not locked by an opening that failed', () => {
    const storage = createMemStorage();
    expect(() => createMemLog({ storage, firstId: -1 })).toThrow();
    expect(() => createMemLog({ storage })).not.toThrow();
  });

  test('is unlocked once, however often its log is closed', async () => {
    const storage = createMemStorage();
    const first = createMemLog({ storage });
    await first.close();
    const second = createMemLog({ storage });
    await Promise.all([first.close(), first[Symbol.asyncDispose]()]);
    expect(() => createMemLog({ storage })).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_LOCKED' }),
    );
    await second.append(bytes('a'));
    expect(first).toMatchObject({ firstId: undefined, lastId: undefined, nextId: 1 });
  });
});

describe('metadata', () => {
  test('is copied in and out', async () => {
    const storage = createMemStorage();
    const metadata = bytes('v1');
    const log = createMemLog({ storage, metadata });
    metadata.fill(0);
    log.metadata?.fill(1);
    await log.close();
    expect(createMemLog({ storage, metadata: bytes('v1') }).metadata).toEqual(bytes('v1'));
  });

  test.each([
    ['other bytes', 'v1', 'v2'],
    ['a prefix', 'v1', 'v'],
    ['more bytes', 'v1', 'v11'],
    ['none where there was some', 'v1', ''],
    ['some where there was none', undefined, 'v1'],
  ])('METADATA-2: %s at reopening is refused', async (_, before, after) => {
    const storage = createMemStorage();
    const metadata = before === undefined ? undefined : bytes(before);
    await createMemLog({ storage, metadata }).close();
    expect(() => createMemLog({ storage, metadata: bytes(after) })).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_METADATA_MISMATCH' }),
    );
    expect(createMemLog({ storage }).metadata).toEqual(metadata ?? new Uint8Array(0));
  });
});

describe('crash', () => {
  test('keeps what was acknowledged and frees the storage', async () => {
    const storage = createMemStorage();
    const log = createMemLog({ storage });
    await log.append(bytes('a'));
    storage.crash();
    const next = createMemLog({ storage });
    expect(await contents(next)).toEqual(['1=a']);
  });

  test('ends the log: later calls and iterators reject, close resolves and releases nothing', async () => {
    const storage = createMemStorage();
    const log = createMemLog({ storage });
    await log.append(bytes('a'));
    const following = log.iterator({ follow: true });
    await following.next();
    const waiting = following.next();
    storage.crash();
    const next = createMemLog({ storage });
    await next.append(bytes('b'));
    const calls = [waiting, log.append(bytes('x')), log.truncate(0), log.trim(1), log.get(1)];
    expect(await outcomes([...calls, log.iterator().next()])).toEqual(
      Array.from({ length: 6 }, () => 'ERR_LOG_CLOSED'),
    );
    expect(log).toMatchObject({ firstId: 1, lastId: 1, nextId: 2 });
    await log.close();
    expect(() => createMemLog({ storage })).toThrow();
    expect(await contents(next)).toEqual(['1=a', '2=b']);
  });

  test.each([
    [0, ['1=a']],
    [1, ['1=a', '2=b', '3=c']],
    [2, ['1=a', '2=b']],
    [3, ['1=a', '2=b', '3=d']],
    [4, ['2=b', '3=d']],
    [Number.POSITIVE_INFINITY, ['2=b', '3=d']],
  ])('CRASH-1: with keepInFlight %d the storage holds %j', async (keepInFlight, kept) => {
    const storage = createMemStorage();
    const gate = new Gate();
    const faults = { beforeSync: undefined as (() => Promise<void>) | undefined };
    const log = createMemLog({ storage, faults });
    await log.append(bytes('a'));
    faults.beforeSync = gate.hook;
    const calls = [
      log.append([bytes('b'), bytes('c')]),
      log.truncate(2),
      log.append(bytes('d')),
      log.trim(1),
    ];
    const closed = log.close();
    await gate.entered;
    storage.crash({ keepInFlight });
    const next = createMemLog({ storage });
    expect(await contents(next)).toEqual(kept);
    // The old log's storage answers at last, to nobody.
    gate.open();
    await closed;
    expect(await outcomes(calls)).toEqual([
      'ERR_LOG_OUTCOME_UNKNOWN',
      'ERR_LOG_FAILED',
      'ERR_LOG_OUTCOME_UNKNOWN',
      'ERR_LOG_FAILED',
    ]);
    expect(await contents(next)).toEqual(kept);
    // CRASH-2
    storage.crash({ keepInFlight: Number.POSITIVE_INFINITY });
    expect(await contents(createMemLog({ storage }))).toEqual(kept);
  });

  test('tells a lost append its first id', async () => {
    const storage = createMemStorage();
    const log = createMemLog({ storage, faults: { beforeAppend: new Gate().hook } });
    const calls = [log.append([bytes('a'), bytes('b')]), log.append(bytes('c'))];
    storage.crash();
    await expect(calls[0]).rejects.toMatchObject({ firstId: 1 });
    await expect(calls[1]).rejects.toMatchObject({ firstId: 3 });
  });

  test('without an open log does nothing', async () => {
    const storage = createMemStorage();
    storage.crash();
    const log = createMemLog({ storage });
    await log.append(bytes('a'));
    await log.close();
    storage.crash({ keepInFlight: 3 });
    expect(await contents(createMemLog({ storage }))).toEqual(['1=a']);
  });

  test.each([-1, 0.5, Number.NaN, '1', null])('refuses keepInFlight %j', (keepInFlight) => {
    const storage = createMemStorage();
    const log = createMemLog({ storage });
    expect(() => storage.crash({ keepInFlight: keepInFlight as number })).toThrow(
      expect.objectContaining({ code: 'ERR_LOG_INVALID_ARGUMENT' }),
    );
    expect(() => storage.crash(7 as unknown as object)).toThrow(/options must be an object: 7/);
    expect(log.nextId).toBe(1);
    expect(() => createMemLog({ storage })).toThrow();
  });
});
