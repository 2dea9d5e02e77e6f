import { crashGroup } from '@wal/conformance';
import { afterAll, describe, expect, test } from 'vitest';
import type { openLineLog } from '../custom-backend/line-log.ts';
import { lineLogFixture } from '../custom-backend/line-log-fixture.ts';
import { LINE_LOG_MUTANTS } from './line-log-mutants.ts';
import { mutatedLineLog } from './mutated-line-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Always the same: whether a mutant is convicted must not change from run to run. */
const SEED = 20_251_124;

/** The first test of the crash group that fails on a log, and why; `undefined` if none does. */
async function convict(
  open: typeof openLineLog,
): Promise<{ title: string; how: string } | undefined> {
  const tests: { title: string; body: () => Promise<void> }[] = [];
  const runner = {
    describe: (_: string, body: () => void) => body(),
    test: (title: string, body: () => Promise<void>) => void tests.push({ title, body }),
  };
  const capabilities = { ...lineLogFixture.capabilities, crash: { open } };
  crashGroup(runner, { ...lineLogFixture, capabilities }, { seed: SEED });
  for (const { title, body } of tests) {
    const error = await body().catch((reason: Error) => reason);
    if (error === undefined) continue;
    return { title, how: (error.cause as Error).message.split('\n')[0] ?? '' };
  }
  return undefined;
}

describe('the crash group convicts LineLog when', () => {
  const table: Record<string, { by: string | undefined; how: string | undefined }> = {};

  test.each(LINE_LOG_MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s',
    async (name, mutant) => {
      const open = await mutatedLineLog(mutant, await temporaryFolder());
      const conviction = await convict(open);
      table[name] = {
        by: conviction?.title.split(' ')[0],
        how: conviction?.how.slice(0, 60),
      };
      expect(conviction).toBeDefined();
    },
  );

  afterAll(() => {
    console.table(table);
  });
});

test('it acquits LineLog itself', async () => {
  const nothing = { name: 'nothing', from: 'const NAME', to: 'const NAME' };
  expect(await convict(await mutatedLineLog(nothing, await temporaryFolder()))).toBeUndefined();
});
