import { expect, test, vi } from 'vitest';
import { readIds, recordOf } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';

test('FOLLOW-1 a reader beside the writer gets the last record though the clock was set back', async () => {
  const directory = await temporaryDirectory();
  const log = await openLog(directory);
  const reader = await openLog(directory, { readOnly: true });
  await log.append(recordOf(1));
  const now = Date.now();
  vi.spyOn(Date, 'now').mockReturnValue(now - 3_600_000);
  try {
    const iterator = reader.iterator({ follow: true });
    expect((await iterator.next()).value?.id).toBe(1);
    await iterator.return();
    expect(await readIds(reader)).toEqual([1]);
  } finally {
    vi.restoreAllMocks();
  }
});
