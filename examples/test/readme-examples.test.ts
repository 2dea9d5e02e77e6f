import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

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

test('s3log: a takeover', async () => {
  const previous = process.cwd();
  process.chdir(await temporaryFolder());
  onTestFinished(() => process.chdir(previous));
  expect(await printedBy(() => import('../in-a-bucket/takeover.ts'))).toEqual([
    [2, 3],
    ['ERR_LOG_FENCED'],
    [2, 'paid'],
    [3, 'shipped'],
  ]);
});

test('core: the codec', async () => {
  expect(await printedBy(() => import('../codec.ts'))).toEqual([[1, 'hello']]);
});
