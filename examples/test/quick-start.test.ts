import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

test('the quick start prints what its comments say', async () => {
  const previous = process.cwd();
  process.chdir(await temporaryFolder());
  onTestFinished(() => process.chdir(previous));
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  onTestFinished(() => printed.mockRestore());

  await import('../quick-start.ts');

  expect(printed.mock.calls).toEqual([
    [2, 3],
    [2, 'paid'],
    [3, 'shipped'],
    [2, 4],
  ]);
});
