import { createMemLog, createMemStorage, failOnce, type MemLog } from '@wal/memlog';
import { expect, test } from 'vitest';
import { appendOnce } from '../in-a-bucket/append-once.ts';

test.each([
  ['lost', 0],
  ['kept', Number.POSITIVE_INFINITY],
])(
  'after a sync that failed, and what it was given is %s, it is in the log once',
  async (_, keepInFlight) => {
    const storage = createMemStorage();
    const log = createMemLog({ storage, faults: { beforeSync: failOnce() } });
    const reopen = async (): Promise<MemLog> => {
      storage.crash({ keepInFlight });
      return createMemLog({ storage });
    };
    const again = await appendOnce(log, Buffer.from('x'), reopen);
    expect(again).not.toBe(log);
    expect([again.firstId, again.lastId]).toEqual([1, 1]);
    expect(Buffer.from((await again.get(1)).data).toString()).toBe('x');
  },
);
