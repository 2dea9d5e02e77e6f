import type { LogRecord } from '@wal/core';
import { createMemLog } from '@wal/memlog';
import { describe, expect, test } from 'vitest';
import { bytes } from './records.ts';

/** More microtasks than a read takes, so that the change falls into every gap of it. */
const moments = Array.from({ length: 12 }, (_, i) => i);

async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

function texts(records: readonly LogRecord[]): string[] {
  return records.map(({ data }) => new TextDecoder().decode(data));
}

describe.each(moments)('a change %d microtasks after a read began', (moment) => {
  test.each(['next', 'nextBatch'] as const)(
    'ITERATE-9: %s never mixes old and new records',
    async (how) => {
      const log = createMemLog();
      await log.append([bytes('a'), bytes('b'), bytes('c')]);
      const iterator = log.iterator();
      const read = how === 'next' ? iterator.next() : iterator.nextBatch();
      await microtasks(moment);
      await log.truncate(0);
      await log.append([bytes('A'), bytes('B'), bytes('C'), bytes('D')]);
      const first = await read;
      const seen = texts('value' in first ? [first.value as LogRecord] : first);
      const rest = iterator.nextBatch();
      if (seen[0] === 'A') expect([...seen, ...texts(await rest)]).toEqual(['A', 'B', 'C', 'D']);
      else await expect(rest).rejects.toMatchObject({ code: 'ERR_LOG_TRUNCATED', lastId: 0 });
    },
  );

  test.each(['next', 'nextBatch'] as const)(
    'ITERATE-6: %s answers when return comes',
    async (how) => {
      const log = createMemLog();
      await log.append(bytes('a'));
      const iterator = log.iterator();
      const read = how === 'next' ? iterator.next() : iterator.nextBatch();
      await microtasks(moment);
      await iterator.return();
      await expect(read).resolves.toBeDefined();
      expect(await iterator.nextBatch()).toEqual([]);
    },
  );
});
