import type { IteratorOptions, LogIterator } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { batchOutcome, drain, FakeLog, outcome, settle, showError } from './fake-log.ts';
import { SeededRandom, seed } from './seeded-random.ts';

const abc = (): FakeLog => new FakeLog().append('a', 'b', 'c', 'd', 'e');

/** An iterator that has delivered records up to `id`, the rest of the log already read. */
async function deliveredTo(
  id: number,
  log: FakeLog,
  options: IteratorOptions = {},
): Promise<LogIterator> {
  const iterator = log.iterator(options);
  for (let i = 0; i < id; i++) await iterator.next();
  return iterator;
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (error: unknown) => error,
  );

describe('a truncate', () => {
  test('ITERATE-9: of a delivered record rejects with the id kept, new records or not', async () => {
    for (const news of [[], ['B', 'C', 'D', 'E', 'F']]) {
      const iterator = await deliveredTo(3, abc());
      const log = abc();
      const overtaken = await deliveredTo(3, log);
      log.truncate(1).append(...news);
      expect(await failure(overtaken.next())).toMatchObject({
        code: 'ERR_LOG_TRUNCATED',
        lastId: 1,
      });
      expect(await outcome(overtaken.next())).toBe('ERR_LOG_TRUNCATED');
      expect(await drain(iterator)).toBe('4d 5e');
    }
  });

  test('ITERATE-9: the lowest of several tells', async () => {
    const log = abc();
    const iterator = await deliveredTo(3, log);
    log.truncate(2).append('C').truncate(0).append('A', 'B', 'C', 'D').truncate(3);
    expect(await failure(iterator.next())).toMatchObject({ code: 'ERR_LOG_TRUNCATED', lastId: 0 });
  });

  test('ITERATE-9: after all that was asked for was delivered, too', async () => {
    const log = abc();
    const iterator = await deliveredTo(3, log, { end: 3 });
    log.truncate(2);
    expect(await outcome(iterator.next())).toBe('ERR_LOG_TRUNCATED');
  });

  test('ITERATE-10: of buffered records takes them out, and the new ones come instead', async () => {
    const log = abc();
    const iterator = await deliveredTo(2, log);
    log.truncate(3).append('D');
    expect(await drain(iterator)).toBe('3c 4D');
    const other = abc();
    const batches = await deliveredTo(2, other);
    other.truncate(2);
    expect(await batches.nextBatch()).toEqual([]);
  });

  test('ITERATE-10: behind the last delivered record changes nothing for the reader', async () => {
    const log = abc();
    const iterator = await deliveredTo(3, log);
    log.truncate(3).append('D').truncate(3).append('x');
    expect(await drain(iterator)).toBe('4x');
  });

  test('ITERATE-10: before anything was delivered it is no error', async () => {
    const log = abc();
    const iterator = log.iterator({ start: 3 });
    log.truncate(0).append('A');
    expect(await drain(iterator)).toBe('');
    log.append('B', 'C');
    expect(await drain(log.iterator({ start: 3 }))).toBe('3C');
  });

  test('ITERATE-10: while a read is under way its records are read again', async () => {
    const log = abc();
    log.holdReads();
    const iterator = log.iterator();
    const first = batchOutcome(iterator.nextBatch());
    await settle();
    log.truncate(1).append('B');
    log.releaseReads();
    expect(await first).toBe('1a 2B');
    expect(log.reads).toBe(2);
  });

  test('ITERATE-9: while a read is under way it rejects a reader that it overtook', async () => {
    const log = abc();
    log.maxRecordsPerRead = 2;
    const iterator = await deliveredTo(2, log);
    log.holdReads();
    const next = outcome(iterator.next());
    await settle();
    log.truncate(1).append('B', 'C', 'D');
    log.releaseReads();
    expect(await next).toBe('ERR_LOG_TRUNCATED');
  });
});

describe('a trim', () => {
  test('ITERATE-11: of the next id rejects with the first id not trimmed', async () => {
    for (const discardUpTo of [3, 4, 5, 100]) {
      const log = abc();
      const iterator = await deliveredTo(2, log);
      log.trim(discardUpTo);
      const error = await failure(iterator.next());
      expect(error).toMatchObject({ code: 'ERR_LOG_TRIMMED', firstId: discardUpTo + 1 });
    }
  });

  test('ITERATE-11: of delivered records alone changes nothing', async () => {
    const log = abc();
    const iterator = await deliveredTo(2, log);
    log.trim(1).trim(2);
    expect(await drain(iterator)).toBe('3c 4d 5e');
  });

  test('ITERATE-11: a reader that has delivered none begins behind it', async () => {
    const log = abc();
    const iterator = log.iterator({ start: 2 });
    log.trim(3);
    expect(await drain(iterator)).toBe('4d 5e');
  });

  test('beyond the end that a reader asked for, and has reached, is no error', async () => {
    const log = abc();
    const iterator = await deliveredTo(3, log, { end: 3 });
    log.trim(4);
    expect(await outcome(iterator.next())).toBe('end');
  });

  test('while a read is under way, records it left are read again', async () => {
    const log = abc();
    log.holdReads();
    const iterator = log.iterator();
    const first = batchOutcome(iterator.nextBatch());
    await settle();
    log.trim(2);
    log.releaseReads();
    expect(await first).toBe('3c 4d 5e');
  });

  test('explains a read that failed under it', async () => {
    for (const [delivered, expected] of [
      [0, '4d'],
      [1, 'ERR_LOG_TRIMMED'],
    ] as const) {
      const log = abc();
      log.maxRecordsPerRead = 1;
      const iterator = await deliveredTo(delivered, log);
      log.holdReads();
      log.failReads(new Error('ENOENT'));
      const next = outcome(iterator.next());
      await settle();
      log.failReads(undefined);
      log.trim(3);
      log.releaseReads();
      expect(await next).toBe(expected);
    }
  });

  test('of other records does not hide that a read failed', async () => {
    const log = abc();
    log.maxRecordsPerRead = 1;
    const iterator = await deliveredTo(3, log);
    log.holdReads();
    log.failReads(new Error('EIO'));
    const next = outcome(iterator.next());
    await settle();
    log.trim(3);
    log.releaseReads();
    expect(await next).toBe('Error: EIO');
  });
});

describe('FOLLOW', () => {
  test('FOLLOW-1: gives later records once they are there', async () => {
    const log = new FakeLog();
    const iterator = log.iterator({ follow: true });
    const calls = [outcome(iterator.next()), outcome(iterator.next()), outcome(iterator.next())];
    await settle();
    expect(log.waiting).toBe(1);
    log.append('a', 'b');
    await settle();
    log.append('c');
    expect(await Promise.all(calls)).toEqual(['1a', '2b', '3c']);
  });

  test('FOLLOW-2: begins at an id not written yet', async () => {
    const log = abc();
    const next = outcome(log.iterator({ follow: true, start: 7 }).next());
    await settle();
    log.append('f');
    await settle();
    log.append('g');
    expect(await next).toBe('7g');
  });

  test('FOLLOW-3: ends once it has given its end', async () => {
    const log = new FakeLog().append('a');
    const all = drain(log.iterator({ follow: true, end: 3 }));
    for (const text of ['b', 'c', 'd']) {
      await settle();
      log.append(text);
    }
    expect(await all).toBe('1a 2b 3c');
  });

  test('FOLLOW-4: rejects ERR_LOG_CLOSED when the log closes, records read before or not', async () => {
    const log = abc();
    const waiting = outcome(log.iterator({ follow: true, start: 6 }).next());
    const buffered = await deliveredTo(2, log);
    await settle();
    log.close();
    expect(await waiting).toBe('ERR_LOG_CLOSED');
    expect(await outcome(buffered.next())).toBe('ERR_LOG_CLOSED');
    expect(await batchOutcome(buffered.nextBatch())).toBe('ERR_LOG_CLOSED');
  });

  test('FOLLOW-5: notices a truncate while it waits', async () => {
    const log = abc();
    const iterator = await deliveredTo(5, log, { follow: true });
    const next = outcome(iterator.next());
    await settle();
    log.truncate(4).append('E', 'F');
    expect(await next).toBe('ERR_LOG_TRUNCATED');
  });

  test('FOLLOW-5: notices a trim while it waits', async () => {
    const log = abc();
    const overtaken = await deliveredTo(5, log, { follow: true });
    const fresh = log.iterator({ follow: true, start: 7 });
    const [next, first] = [outcome(overtaken.next()), outcome(fresh.next())];
    await settle();
    log.trim(9).append('j');
    expect(await next).toBe('ERR_LOG_TRIMMED');
    expect(await first).toBe('10j');
  });

  test('a change that brings nothing goes on waiting', async () => {
    const log = abc();
    const next = outcome(log.iterator({ follow: true, start: 6 }).next());
    for (let i = 0; i < 5; i++) {
      await settle();
      expect(log.waiting).toBe(1);
      log.trim(i);
    }
    log.append('f');
    expect(await next).toBe('6f');
  });
});

describe('a change in any turn between a read and its answer', () => {
  const TURNS = 12;
  const kinds = [
    ['next', (iterator: LogIterator) => outcome(iterator.next())],
    ['nextBatch', (iterator: LogIterator) => batchOutcome(iterator.nextBatch())],
  ] as const;

  /** Starts a call, and `turns` turns later the change; also says whether the change came too late for it. */
  async function overlap(
    call: Promise<string>,
    turns: number,
    change: () => void,
  ): Promise<{ answer: string; late: boolean }> {
    let answered = false;
    const noted = call.then((answer) => {
      answered = true;
      return answer;
    });
    for (let i = 0; i < turns; i++) await undefined;
    change();
    // `outcome` and `noted` are a turn each behind the iterator's own promise.
    await undefined;
    await undefined;
    const late = answered;
    return { answer: await noted, late };
  }

  test.each(kinds)('ITERATE-10: %s gives no record that was truncated before', async (_, call) => {
    for (let turns = 0; turns < TURNS; turns++) {
      const log = abc();
      const iterator = log.iterator({ start: 3 });
      const { answer, late } = await overlap(call(iterator), turns, () => {
        log.truncate(2).append('C', 'D', 'E');
      });
      const then = await outcome(iterator.next());
      if (late) {
        expect(answer, `${turns} turns`).toMatch(/^3c/);
        expect(then, `${turns} turns`).toBe('ERR_LOG_TRUNCATED');
      } else {
        expect(answer, `${turns} turns`).toMatch(/^3C/);
        expect(then, `${turns} turns`).toMatch(/^(4D|end)$/);
      }
    }
  });

  test.each(kinds)('ITERATE-11: %s gives no record that was trimmed before', async (_, call) => {
    for (let turns = 0; turns < TURNS; turns++) {
      const log = abc();
      const iterator = log.iterator();
      const { answer, late } = await overlap(call(iterator), turns, () => log.trim(2));
      expect(answer, `${turns} turns`).toMatch(late ? /^1a/ : /^3c/);
    }
  });

  test.each(kinds)('ABORT-2: %s rejects with the reason', async (_, call) => {
    for (let turns = 0; turns < TURNS; turns++) {
      const controller = new AbortController();
      const iterator = abc().iterator({ signal: controller.signal });
      const { answer, late } = await overlap(call(iterator), turns, () =>
        controller.abort('enough'),
      );
      expect(answer, `${turns} turns`).toMatch(late ? /^1a/ : /^enough$/);
      expect(await outcome(iterator.next())).toBe('enough');
    }
  });

  test.each(kinds)('ITERATE-6: %s ends at return', async (_, call) => {
    for (let turns = 0; turns < TURNS; turns++) {
      const iterator = abc().iterator();
      const { answer, late } = await overlap(call(iterator), turns, () => void iterator.return());
      expect(answer, `${turns} turns`).toMatch(late ? /^1a/ : /^end$/);
      expect(await outcome(iterator.next())).toBe('end');
    }
  });

  test.each(kinds)('CLOSE-3: %s rejects', async (_, call) => {
    for (let turns = 0; turns < TURNS; turns++) {
      const log = abc();
      const iterator = log.iterator();
      const { answer, late } = await overlap(call(iterator), turns, () => log.close());
      expect(answer, `${turns} turns`).toMatch(late ? /^1a/ : /^ERR_LOG_CLOSED$/);
    }
  });
});

test(`ITERATE-1, 9, 10, 11: random changes under a follower agree with a model (seed ${seed})`, async () => {
  const random = new SeededRandom(seed);
  for (let run = 0; run < 200; run++) {
    const log = new FakeLog();
    log.maxRecordsPerRead = random.integer(1, 4);
    const iterator = log.iterator({ follow: true });
    const model: { delivered: number; expected: string | undefined } = {
      delivered: 0,
      expected: undefined,
    };
    for (let step = 0; step < 60 && model.expected === undefined; step++) {
      const last = log.lastDurableId;
      const choice = random.integer(0, 9);
      if (choice < 4) {
        log.append(...Array.from({ length: random.integer(1, 3) }, () => `.${run}.${step}`));
      } else if (choice === 4) {
        const keep = Math.max(log.trimMark, last - random.integer(0, 3));
        log.truncate(keep);
        if (keep < model.delivered) model.expected = 'ERR_LOG_TRUNCATED';
      } else if (choice === 5) {
        log.trim(Math.min(last, log.trimMark + random.integer(0, 2)));
        if (model.delivered > 0 && model.delivered < log.trimMark) {
          model.expected ??= 'ERR_LOG_TRIMMED';
        }
      } else if (Math.max(model.delivered, log.trimMark) < last) {
        const next = await iterator.next();
        const wanted = Math.max(model.delivered, log.trimMark) + 1;
        expect(next.value?.id).toBe(wanted);
        const [stored] = await log.read(wanted, wanted);
        expect(next.value?.data).toEqual(stored?.data);
        model.delivered = wanted;
      }
    }
    if (model.expected !== undefined) {
      expect(showError(await failure(iterator.next()))).toBe(model.expected);
    }
    await iterator.return();
  }
});
