import { expect, onTestFinished, test, vi } from 'vitest';

/** What an example of a package's README prints. */
async function printedBy(run: () => Promise<unknown>): Promise<unknown[][]> {
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  onTestFinished(() => printed.mockRestore());
  await run();
  return printed.mock.calls;
}

test('memlog: a restart', async () => {
  expect(await printedBy(() => import('../in-memory/restart.ts'))).toEqual([
    [{ firstId: 2, lastId: 3 }],
    [2, 'second'],
    [3, 'third'],
  ]);
});

test('memlog: faults', async () => {
  expect((await printedBy(() => import('../in-memory/faults.ts'))).flat()).toEqual([
    'ERR_LOG_NO_SPACE',
    'ERR_LOG_CORRUPT',
    'ERR_LOG_OUTCOME_UNKNOWN',
    'ERR_LOG_FAILED',
  ]);
});

test('memlog: a crash', async () => {
  expect((await printedBy(() => import('../in-memory/crash.ts'))).flat()).toEqual([
    'ERR_LOG_OUTCOME_UNKNOWN',
    1,
  ]);
});

test('core: the codec', async () => {
  expect(await printedBy(() => import('../codec.ts'))).toEqual([[1, 'hello']]);
});
