import { createMemLog, type MemLogFaults } from '@wal/memlog';
import { describe, expect, test, vi } from 'vitest';
import { Gate } from './gate.ts';
import { bytes, contents } from './records.ts';

describe('a delayed log', () => {
  test('READ-1: shows an append only once it is durable, IDS-3: but counts it at once', async () => {
    const gate = new Gate();
    const log = createMemLog({ faults: { beforeSync: gate.hook } });
    const append = log.append([bytes('a'), bytes('b')]);
    await gate.entered;
    expect(log).toMatchObject({ firstId: undefined, lastId: undefined, nextId: 3 });
    expect(await contents(log)).toEqual([]);
    await expect(log.get(1)).rejects.toMatchObject({ code: 'ERR_LOG_NOT_FOUND', nextId: 3 });
    gate.open();
    expect(await append).toEqual({ firstId: 1, lastId: 2 });
    expect(log).toMatchObject({ firstId: 1, lastId: 2, nextId: 3 });
  });

  test('APPEND-4: takes the bytes at the call', async () => {
    const gate = new Gate();
    const log = createMemLog({ faults: { beforeAppend: gate.hook } });
    const small = bytes('small');
    const large = new Uint8Array(100_000).fill(1);
    const append = log.append([small, large]);
    small.fill(0);
    large.fill(0);
    gate.open();
    await append;
    expect((await log.get(1)).data).toEqual(bytes('small'));
    expect((await log.get(2)).data.every((byte) => byte === 1)).toBe(true);
  });

  test('ORDER-2: settles in call order, also where the delay ends between calls', async () => {
    const faults: MemLogFaults = { beforeAppend: () => undefined };
    const log = createMemLog({ faults });
    const order: number[] = [];
    const { signal } = new AbortController();
    const calls: Promise<unknown>[] = [];
    const note = (call: Promise<unknown>) => {
      const i = calls.length;
      calls.push(call.then(() => order.push(i)));
    };
    note(log.append(bytes('a'), { signal }));
    note(log.append(bytes('b')));
    note(log.truncate(1, { signal }));
    note(log.append([]));
    faults.beforeAppend = undefined;
    note(log.append(bytes('c')));
    note(log.trim(1));
    await calls[3];
    note(log.append(bytes('d'), { signal }));
    note(log.append(bytes('e')));
    await Promise.all(calls);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await contents(log)).toEqual(['2=c', '3=d', '4=e']);
  });

  test('ORDER-5: a write that is made while another one listens to its signal comes after it', async () => {
    const log = createMemLog({ faults: { beforeAppend: () => undefined } });
    const { signal } = new AbortController();
    const within: Promise<unknown>[] = [];
    const addEventListener = (): void => void within.push(log.append(bytes('b')));
    Object.defineProperty(signal, 'addEventListener', { value: addEventListener });
    expect(await log.append(bytes('a'), { signal })).toEqual({ firstId: 1, lastId: 1 });
    expect(await Promise.all(within)).toEqual([{ firstId: 2, lastId: 2 }]);
    expect(await contents(log)).toEqual(['1=a', '2=b']);
  });

  test('ABORT-2, ABORT-3: an abort rejects its call, and the append is there whole', async () => {
    const gate = new Gate();
    const log = createMemLog({ faults: { beforeSync: gate.hook } });
    const abort = new AbortController();
    const aborted = log.append([bytes('a'), bytes('b')], { signal: abort.signal });
    const other = log.append(bytes('c'));
    await gate.entered;
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    gate.open();
    expect(await other).toEqual({ firstId: 3, lastId: 3 });
    expect(await contents(log)).toEqual(['1=a', '2=b', '3=c']);
  });

  test('CLOSE-1: closes after what is in flight', async () => {
    const gate = new Gate();
    const log = createMemLog({ faults: { beforeSync: gate.hook } });
    const settled: string[] = [];
    const calls = [
      log.append(bytes('a')).then(() => settled.push('append')),
      log.trim(1).then(() => settled.push('trim')),
      log.close().then(() => settled.push('close')),
      log.close().then(() => settled.push('close again')),
    ];
    await expect(log.append(bytes('b'))).rejects.toMatchObject({ code: 'ERR_LOG_CLOSED' });
    gate.open();
    await Promise.all(calls);
    expect(settled).toEqual(['append', 'trim', 'close', 'close again']);
    expect(log).toMatchObject({ firstId: undefined, lastId: undefined, nextId: 2 });
  });

  test('runs on a virtual clock', async () => {
    vi.useFakeTimers();
    try {
      const log = createMemLog({
        faults: { beforeSync: () => new Promise((resolve) => setTimeout(resolve, 5)) },
      });
      const started = Date.now();
      const took: number[] = [];
      const appends = Array.from({ length: 100 }, () =>
        log.append(bytes('a')).then(() => took.push(Date.now() - started)),
      );
      await vi.runAllTimersAsync();
      await Promise.all(appends);
      expect(new Set(took)).toEqual(new Set([5]));
    } finally {
      vi.useRealTimers();
    }
  });
});
