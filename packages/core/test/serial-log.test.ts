import { createSerialLog, MAX_RECORD_ID, type SerialLog } from '@wal/core';
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

describe('order', () => {
  test('ORDER-1 changes reach the store in call order, one at a time', async () => {
    const { store, log } = create();
    store.beforeCommit = settle;
    const calls = [
      log.append(bytes('a')),
      log.truncate(6),
      log.append([bytes('b'), bytes('c')]),
      log.trim(5),
      log.append(bytes('d')),
    ];
    expect(log.nextId).toBe(10);
    expect(log.lastId).toBe(7);
    await Promise.all(calls);
    expect(store.commits).toEqual(['append 8 a', '5..6', 'append 7 b,c', '6..8', 'append 9 d']);
    expect([log.firstId, log.lastId, log.nextId]).toEqual([6, 9, 10]);
  });

  test('what changes nothing does not reach the store, and settles in its turn', async () => {
    const { store, log } = create();
    const held = gate();
    store.beforeCommit = () => held.opened;
    const settled: string[] = [];
    const note = (name: string, call: Promise<unknown>): Promise<unknown> =>
      call.then(() => settled.push(name));
    const calls = [
      note('append', log.append(bytes('a'))),
      note('append nothing', log.append([])),
      note('truncate above', log.truncate(8)),
      note('trim below', log.trim(4)),
      note('append again', log.append(bytes('b'))),
    ];
    await settle();
    expect(settled).toEqual([]);
    held.open();
    await Promise.all(calls);
    expect(settled).toEqual([
      'append',
      'append nothing',
      'truncate above',
      'trim below',
      'append again',
    ]);
    expect(store.commits).toEqual(['append 8 a', 'append 9 b']);
    expect(await log.append([])).toEqual({ firstId: 10, lastId: 9 });
  });

  test('ORDER-2 promises settle in call order, with a signal or without, also when they fail', async () => {
    for (const failing of [1, 2, 3, 4, 5]) {
      const { store, log } = create();
      store.beforeCommit = () => {
        if (store.commits.length === failing) throw new Error('the disk fails');
      };
      const settled: number[] = [];
      const calls = Array.from({ length: 24 }, (_, i) => {
        const options = i % 2 === 0 ? { signal: new AbortController().signal } : undefined;
        const kinds = [
          () => log.append(bytes('a'), options),
          () => log.truncate(100, options),
          () => log.append([], options),
          () => log.trim(5 + Math.floor(i / 4), options),
        ];
        return (kinds[i % kinds.length] as () => Promise<unknown>)().then(
          () => settled.push(i),
          () => settled.push(i),
        );
      });
      await Promise.all(calls);
      expect(settled).toEqual([...settled].sort((a, b) => a - b));
    }
  });

  test('ORDER-4 a refused call plans nothing', async () => {
    const { store, log } = create();
    expect(await outcomeOf(log.append(bytes('123456789')))).toBe('ERR_LOG_TOO_LARGE');
    expect(await outcomeOf(log.append({ id: 9, data: bytes('a') }))).toBe('ERR_LOG_NON_SEQUENTIAL');
    expect(await outcomeOf(log.truncate(-2))).toBe('ERR_LOG_INVALID_ARGUMENT');
    expect(await outcomeOf(log.trim(0.5))).toBe('ERR_LOG_INVALID_ARGUMENT');
    expect(await log.append({ id: 8, data: bytes('a') })).toEqual({ firstId: 8, lastId: 8 });
    expect(store.commits).toEqual(['append 8 a']);
  });

  test('the extent is the one at the call, whatever the store does with its own', async () => {
    const extent = { firstId: 5, nextId: 8 };
    const store = new FakeStore(extent);
    const log = createSerialLog(store, extent);
    store.beforeCommit = ({ nextId }) => {
      extent.nextId = nextId;
    };
    const calls = [log.append(bytes('a')), log.append(bytes('b'))];
    await settle();
    await Promise.all(calls);
    store.beforeCommit = () => {
      extent.nextId = 100;
      throw new Error('the disk fails');
    };
    expect(await outcomeOf(log.append(bytes('c')))).toBe('ERR_LOG_OUTCOME_UNKNOWN');
    expect([log.lastId, log.nextId]).toEqual([9, 10]);
  });
});

describe('ids', () => {
  test('IDS-7 the last id is given, and none after it', async () => {
    const { log } = create(MAX_RECORD_ID - 1, MAX_RECORD_ID - 1);
    const last = { firstId: MAX_RECORD_ID - 1, lastId: MAX_RECORD_ID };
    expect(await log.append([bytes('a'), bytes('b')])).toEqual(last);
    expect(log.nextId).toBe(2 ** 53);
    expect(await outcomeOf(log.append(bytes('c')))).toBe('ERR_LOG_TOO_LARGE');
    expect(await log.append([])).toEqual({ firstId: 2 ** 53, lastId: MAX_RECORD_ID });
    expect((await log.get(MAX_RECORD_ID)).data).toEqual(bytes('b'));
    await log.truncate(MAX_RECORD_ID);
    await log.trim(MAX_RECORD_ID);
    expect([log.firstId, log.lastId, log.nextId]).toEqual([undefined, undefined, 2 ** 53]);
    await log.truncate(-1);
    expect(log.nextId).toBe(2 ** 53);
  });

  test('TRIM-2 a trim beyond the end moves nextId, and a truncate below it does not undo it', async () => {
    const { store, log } = create();
    await log.trim(20);
    await log.truncate(-1);
    expect(store.commits).toEqual(['21..20']);
    expect([log.firstId, log.nextId]).toEqual([undefined, 21]);
  });
});

describe('the bytes of an append', () => {
  test('APPEND-4 are copied at the call', async () => {
    const { store, log } = create();
    const held = gate();
    store.beforeCommit = () => held.opened;
    const data = Buffer.from('ab');
    const appended = log.append(data);
    data.fill('z');
    held.open();
    await appended;
    expect((await log.get(8)).data).toEqual(bytes('ab'));
  });

  test('are no record once they were transferred away', async () => {
    const { store, log } = create();
    const data = bytes('ab');
    structuredClone(data, { transfer: [data.buffer as ArrayBuffer] });
    for (const input of [data, { data }, [bytes('a'), data]]) {
      expect(await outcomeOf(log.append(input))).toBe('ERR_LOG_INVALID_ARGUMENT');
    }
    expect(store.commits).toEqual([]);
    expect(log.nextId).toBe(8);
  });
});

describe('close', () => {
  test('CLOSE-1 waits for what was called, and closes the store once', async () => {
    const { store, log } = create();
    const held = gate();
    store.beforeCommit = () => held.opened;
    const calls = [log.append(bytes('a')), log.append(bytes('b'))];
    const closes = [log.close(), log.close(), log[Symbol.asyncDispose]()];
    expect(await outcomeOf(log.append(bytes('c')))).toBe('ERR_LOG_CLOSED');
    await settle();
    expect(store.closes).toBe(0);
    held.open();
    await Promise.all([...calls, ...closes]);
    await log.close();
    expect(store.closes).toBe(1);
    expect([log.firstId, log.lastId, log.nextId]).toEqual([5, 9, 10]);
    expect(await outcomeOf(log.get(5))).toBe('ERR_LOG_CLOSED');
  });

  test('CLOSE-1 waits for reads, also for those that nobody waits for any more', async () => {
    const { store, log } = create();
    const held = gate();
    store.beforeRead = () => held.opened;
    const aborted = new AbortController();
    const read = log.get(5);
    const left = outcomeOf(log.get(6, { signal: aborted.signal }));
    const next = outcomeOf(log.iterator().next());
    await settle();
    aborted.abort('enough');
    expect(await left).toBe('enough');
    const closed = log.close();
    await settle();
    expect(store.closes).toBe(0);
    held.open();
    expect((await read).id).toBe(5);
    expect(await next).toBe('ERR_LOG_CLOSED');
    await closed;
    expect(store.closes).toBe(1);
  });

  test('releases the store of a log that has failed', async () => {
    const { store, log } = create();
    log.fail(new Error('the lock was lost'));
    await log.close();
    expect(store.closes).toBe(1);
  });

  test('rejects as the store does, each time', async () => {
    const { store, log } = create();
    store.close = async () => {
      store.closes++;
      throw new Error('EIO');
    };
    await expect(log.close()).rejects.toThrow('EIO');
    await expect(log.close()).rejects.toThrow('EIO');
    expect(store.closes).toBe(1);
  });
});

describe('abort', () => {
  test('ABORT-1 before the call: nothing is done', async () => {
    const { store, log } = create();
    const options = { signal: AbortSignal.abort('no') };
    const calls = [
      log.append(bytes('a'), options),
      log.truncate(5, options),
      log.trim(5, options),
      log.get(5, options),
    ];
    expect(await Promise.all(calls.map(outcomeOf))).toEqual(['no', 'no', 'no', 'no']);
    expect(store.commits).toEqual([]);
    expect(log.nextId).toBe(8);
  });

  test('ABORT-2 ABORT-3 in the queue: only the wait ends, and the ids stay gap-free', async () => {
    const { store, log } = create();
    const held = gate();
    store.beforeCommit = () => held.opened;
    const aborted = new AbortController();
    const first = log.append(bytes('a'));
    const left = outcomeOf(log.append(bytes('b'), { signal: aborted.signal }));
    const third = log.append(bytes('c'));
    aborted.abort('enough');
    expect(await left).toBe('enough');
    held.open();
    expect(await Promise.all([first, third])).toEqual([
      { firstId: 8, lastId: 8 },
      { firstId: 10, lastId: 10 },
    ]);
    expect(store.commits).toEqual(['append 8 a', 'append 9 b', 'append 10 c']);
  });

  test('of a call that then fails is all that its caller hears', async () => {
    const { store, log } = create();
    const held = gate();
    store.beforeCommit = async () => {
      await held.opened;
      throw new Error('the disk fails');
    };
    const aborted = new AbortController();
    const left = outcomeOf(log.append(bytes('a'), { signal: aborted.signal }));
    aborted.abort('enough');
    held.open();
    expect(await left).toBe('enough');
    await settle();
    expect(await outcomeOf(log.append(bytes('b')))).toBe('ERR_LOG_FAILED');
  });
});
