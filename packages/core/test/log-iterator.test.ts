import { getEventListeners } from 'node:events';
import { isLogError, type LogIterator, type LogRecord, MAX_RECORD_ID } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { batchOutcome, drain, FakeLog, outcome, settle, show } from './fake-log.ts';

const abc = (): FakeLog => new FakeLog().append('a', 'b', 'c', 'd', 'e');

describe('ITERATE: range', () => {
  test('ITERATE-1: gives every record once, in id order, however it is read', async () => {
    for (const maxRecordsPerRead of [1, 2, 3, 5, 100]) {
      const log = abc();
      log.maxRecordsPerRead = maxRecordsPerRead;
      expect(await drain(log.iterator())).toBe('1a 2b 3c 4d 5e');
      expect(log.reads).toBe(Math.ceil(5 / maxRecordsPerRead));
    }
  });

  test('ITERATE-2: begins at start, or at the first stored record behind it', async () => {
    const log = abc().trim(2);
    for (const start of [undefined, 0, 1, 2, 3]) {
      expect(await drain(log.iterator({ start }))).toBe('3c 4d 5e');
    }
    expect(await drain(log.iterator({ start: 5 }))).toBe('5e');
    expect(await drain(log.iterator({ start: 6 }))).toBe('');
    expect(await drain(log.iterator({ start: MAX_RECORD_ID }))).toBe('');
  });

  test('ITERATE-2: a log may begin with id 0', async () => {
    const log = new FakeLog();
    log.trimMark = -1;
    expect(await drain(log.append('a', 'b').iterator())).toBe('0a 1b');
    expect(await drain(log.iterator({ start: 0, end: 0 }))).toBe('0a');
  });

  test('ITERATE-3: end is inclusive, below start it gives nothing', async () => {
    const log = abc();
    expect(await drain(log.iterator({ end: 3 }))).toBe('1a 2b 3c');
    expect(await drain(log.iterator({ start: 3, end: 3 }))).toBe('3c');
    expect(await drain(log.iterator({ start: 3, end: 2 }))).toBe('');
    expect(await drain(log.iterator({ start: 3, end: 2, follow: true }))).toBe('');
    expect(await drain(log.iterator({ end: 100 }))).toBe('1a 2b 3c 4d 5e');
  });

  test('ITERATE-3: without end it ends at what is durable when it gets there', async () => {
    const log = abc();
    log.maxRecordsPerRead = 5;
    const iterator = log.iterator();
    await iterator.next();
    log.append('f');
    expect(await drain(iterator)).toBe('2b 3c 4d 5e 6f');
  });

  test('ITERATE-3: the last ids are read like any others', async () => {
    const log = new FakeLog();
    log.trimMark = MAX_RECORD_ID - 2;
    log.append('y', 'z');
    expect(await drain(log.iterator())).toBe(`${MAX_RECORD_ID - 1}y ${MAX_RECORD_ID}z`);
    expect(await drain(log.iterator({ end: MAX_RECORD_ID, follow: true }))).toContain('z');
  });

  test('refresh looks for news at the end before the iterator ends', async () => {
    const log = abc();
    const news = ['f', 'g'];
    log.refresh = async () => {
      const text = news.shift();
      if (text !== undefined) log.append(text);
    };
    expect(await drain(log.iterator())).toBe('1a 2b 3c 4d 5e 6f 7g');
  });

  test('a refresh that fails rejects', async () => {
    const log = abc();
    log.refresh = () => Promise.reject(new Error('unreachable'));
    const iterator = log.iterator({ start: 6 });
    expect(await outcome(iterator.next())).toBe('Error: unreachable');
  });

  test('CLOSE-3: a refresh that fails because the log was closed says that', async () => {
    const log = abc();
    log.refresh = async () => {
      log.close();
      throw new Error('unreachable');
    };
    expect(await outcome(log.iterator({ start: 6 }).next())).toBe('ERR_LOG_CLOSED');
  });
});

describe('ITERATE-4: nextBatch', () => {
  test('gives runs, then an empty one for good', async () => {
    const log = abc();
    log.maxRecordsPerRead = 2;
    const iterator = log.iterator();
    expect(await batchOutcome(iterator.nextBatch())).toBe('1a 2b');
    expect(await batchOutcome(iterator.nextBatch())).toBe('3c 4d');
    expect(await batchOutcome(iterator.nextBatch())).toBe('5e');
    expect(await iterator.nextBatch()).toEqual([]);
    log.append('f');
    expect(await iterator.nextBatch()).toEqual([]);
    expect(await outcome(iterator.next())).toBe('end');
  });

  test('may be mixed with next', async () => {
    const iterator = abc().iterator();
    expect(await outcome(iterator.next())).toBe('1a');
    expect(await outcome(iterator.next())).toBe('2b');
    expect(await batchOutcome(iterator.nextBatch())).toBe('3c 4d 5e');
    expect(await outcome(iterator.next())).toBe('end');
  });
});

describe('ITERATE-5: calls that overlap are answered in call order', () => {
  test('whatever they are', async () => {
    const log = abc();
    log.maxRecordsPerRead = 2;
    log.holdReads();
    const iterator = log.iterator();
    const order: string[] = [];
    const note = (shown: string): number => order.push(shown);
    const calls = [
      outcome(iterator.next()).then(note),
      batchOutcome(iterator.nextBatch()).then(note),
      outcome(iterator.next()).then(note),
      outcome(iterator.next()).then(note),
      batchOutcome(iterator.nextBatch()).then(note),
      outcome(iterator.next()).then(note),
      batchOutcome(iterator.nextBatch()).then(note),
    ];
    await settle();
    expect(order).toEqual([]);
    log.releaseReads();
    await Promise.all(calls);
    expect(order).toEqual(['1a', '2b', '3c', '4d', '5e', 'end', 'end']);
  });

  test('a call made when the first is answered comes behind those that wait', async () => {
    const log = abc();
    log.maxRecordsPerRead = 1;
    const iterator = log.iterator();
    const first = iterator.next();
    const second = outcome(iterator.next());
    const third = first.then(() => outcome(iterator.next()));
    expect([show(await first), await second, await third]).toEqual(['1a', '2b', '3c']);
    expect(await drain(iterator)).toBe('4d 5e');
  });

  test('a thousand of them', async () => {
    const log = new FakeLog().append(...Array.from({ length: 1000 }, (_, i) => `.${i}`));
    log.maxRecordsPerRead = 7;
    const iterator = log.iterator();
    const shown = await Promise.all(Array.from({ length: 1002 }, () => outcome(iterator.next())));
    expect(shown.slice(0, 1000)).toEqual(Array.from({ length: 1000 }, (_, i) => `${i + 1}.${i}`));
    expect(shown.slice(1000)).toEqual(['end', 'end']);
  });
});

describe('ITERATE-6: return', () => {
  test('ends the iterator, for good, and may be called again', async () => {
    const iterator = abc().iterator();
    await iterator.next();
    expect(await iterator.return()).toEqual({ done: true, value: undefined });
    expect(await iterator.return()).toEqual({ done: true, value: undefined });
    expect(await outcome(iterator.next())).toBe('end');
    expect(await iterator.nextBatch()).toEqual([]);
  });

  test.each<[string, (log: FakeLog) => void]>([
    ['reads', (log) => log.holdReads()],
    ['waits for records', (log) => log.trim(5)],
    ['waits for news', (log) => (log.trim(5).refresh = () => new Promise(() => {}))],
  ])('ends calls while the iterator %s', async (_, prepare) => {
    const log = abc();
    prepare(log);
    const iterator = log.iterator({ follow: true });
    const calls = [outcome(iterator.next()), batchOutcome(iterator.nextBatch())];
    await settle();
    await iterator.return();
    expect(await Promise.all(calls)).toEqual(['end', 'end']);
    log.releaseReads();
    await settle();
    expect(await outcome(iterator.next())).toBe('end');
  });

  test('leaving a for await calls it, and so does Symbol.asyncDispose', async () => {
    const iterator = abc().iterator();
    for await (const record of iterator) if (record.id === 2) break;
    expect(await outcome(iterator.next())).toBe('end');
    const disposed = abc().iterator();
    await disposed[Symbol.asyncDispose]();
    expect(await outcome(disposed.next())).toBe('end');
    expect(disposed[Symbol.asyncIterator]()).toBe(disposed);
  });

  test('after a rejection it ends the iterator too', async () => {
    const log = abc();
    const iterator = log.iterator();
    log.close();
    expect(await outcome(iterator.next())).toBe('ERR_LOG_CLOSED');
    expect(await outcome(iterator.return())).toBe('end');
    expect(await outcome(iterator.next())).toBe('end');
  });
});

describe('ITERATE-8: a rejection stays', () => {
  test('the same error for every further call, also for those that wait, until return', async () => {
    const log = abc();
    const failure = new Error('EIO');
    log.failReads(failure);
    const iterator = log.iterator();
    const calls = [iterator.next(), iterator.nextBatch(), iterator.next()];
    for (const call of calls) await expect(call).rejects.toBe(failure);
    log.failReads(undefined);
    await expect(iterator.next()).rejects.toBe(failure);
    log.close();
    await expect(iterator.nextBatch()).rejects.toBe(failure);
    await iterator.return();
    expect(await outcome(iterator.next())).toBe('end');
  });

  test('what was read together with others before the error is delivered', async () => {
    const log = abc();
    log.maxRecordsPerRead = 2;
    const iterator = log.iterator();
    await iterator.next();
    log.failReads(new Error('EIO'));
    expect(await outcome(iterator.next())).toBe('2b');
    expect(await outcome(iterator.next())).toBe('Error: EIO');
  });
});

describe('ITERATE-12: options', () => {
  test('bad ones throw at once', () => {
    for (const options of [{ start: -1 }, { end: 0.5 }, { follow: 1 }, { signal: {} }, null]) {
      expect(() => abc().iterator(options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_LOG_INVALID_ARGUMENT' }),
      );
    }
  });

  test('nothing is read before the first next', async () => {
    const log = abc();
    log.iterator({ follow: true });
    await settle();
    expect(log.reads).toBe(0);
  });
});

describe('ABORT', () => {
  const abortCases: [
    string,
    (log: FakeLog, controller: AbortController) => Promise<LogIterator>,
  ][] = [
    ['before it begins', async (log, { signal }) => log.iterator({ signal })],
    [
      'with records read before',
      async (log, { signal }) => {
        const iterator = log.iterator({ signal });
        await iterator.next();
        return iterator;
      },
    ],
  ];

  test.each(abortCases)(
    'ABORT-2: %s, every further call rejects with the reason',
    async (_, make) => {
      const log = abc();
      const controller = new AbortController();
      const iterator = await make(log, controller);
      const reason = new Error('enough');
      controller.abort(reason);
      await expect(iterator.next()).rejects.toBe(reason);
      await expect(iterator.nextBatch()).rejects.toBe(reason);
      expect(await outcome(iterator.return())).toBe('end');
      expect(await outcome(iterator.next())).toBe('end');
    },
  );

  test('ABORT-1: a signal aborted before rejects the first call, and nothing is read', async () => {
    const log = abc();
    const iterator = log.iterator({ signal: AbortSignal.abort('enough') });
    await expect(iterator.next()).rejects.toBe('enough');
    expect(log.reads).toBe(0);
  });

  test('ABORT-2: a reason may be anything', async () => {
    for (const reason of [null, 0, '', 'enough']) {
      const iterator = abc().iterator({ signal: AbortSignal.abort(reason) });
      await expect(iterator.next()).rejects.toBe(reason);
    }
  });

  test.each<[string, (log: FakeLog) => void]>([
    ['reads', (log) => log.holdReads()],
    ['waits for records', (log) => log.trim(5)],
    ['waits for news', (log) => (log.trim(5).refresh = () => new Promise(() => {}))],
  ])('FOLLOW-4: while it %s, an abort rejects all calls with the reason', async (_, prepare) => {
    const log = abc();
    prepare(log);
    const controller = new AbortController();
    const iterator = log.iterator({ follow: true, signal: controller.signal });
    const calls: Promise<unknown>[] = [iterator.next(), iterator.nextBatch()];
    await settle();
    const reason = new Error('enough');
    controller.abort(reason);
    for (const call of calls) await expect(call).rejects.toBe(reason);
    log.releaseReads();
    await settle();
    await expect(iterator.next()).rejects.toBe(reason);
  });

  test('after the end an abort changes nothing', async () => {
    const controller = new AbortController();
    const iterator = abc().iterator({ signal: controller.signal });
    await drain(iterator);
    controller.abort();
    expect(await outcome(iterator.next())).toBe('end');
  });

  test('after a rejection the error stays what it was', async () => {
    const controller = new AbortController();
    const log = abc();
    const iterator = log.iterator({ signal: controller.signal });
    log.close();
    expect(await outcome(iterator.next())).toBe('ERR_LOG_CLOSED');
    controller.abort();
    expect(await outcome(iterator.next())).toBe('ERR_LOG_CLOSED');
  });

  test('the caller’s signal is let go after the end, return, a failure and an abort', async () => {
    const ways: ((log: FakeLog, iterator: LogIterator) => Promise<unknown>)[] = [
      (_, iterator) => drain(iterator),
      (_, iterator) => iterator.return(),
      async (_, iterator) => iterator[Symbol.asyncDispose](),
      async (log, iterator) => {
        log.close();
        await expect(iterator.nextBatch()).rejects.toThrow();
      },
    ];
    for (const way of ways) {
      const log = abc();
      const { signal } = new AbortController();
      const iterator = log.iterator({ signal });
      const record = (await iterator.next()).value as LogRecord;
      expect(record.id).toBe(1);
      await way(log, iterator);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    }
    const controller = new AbortController();
    const iterator = abc().iterator({ signal: controller.signal });
    controller.abort();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    await expect(iterator.next()).rejects.toThrow();
  });
});

describe('ITERATE-1: a backend that leaves records out', () => {
  test.each<[string, number[]]>([
    ['nothing', []],
    ['a later record', [2, 3]],
    ['an earlier record', [0, 1]],
  ])('and reads %s is not believed', async (_, ids) => {
    const log = abc();
    log.read = async () => ids.map((id) => ({ id, data: new Uint8Array(0) }));
    const error = await log
      .iterator()
      .next()
      .then(show, (caught: unknown) => caught);
    if (!isLogError(error, 'ERR_LOG_CORRUPT')) expect.unreachable(String(error));
    else expect(error.firstAffectedId).toBe(1);
  });
});
