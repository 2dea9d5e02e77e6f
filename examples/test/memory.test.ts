import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replayFile } from '../replay/replay-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MB = 1e6;

/** The most memory that this process has had so far: its own, since each file of tests has one. */
function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

async function writeLines(path: string, megabytes: number): Promise<void> {
  const chunk = `${'x'.repeat(249)}\n`.repeat(4000);
  const file = await open(path, 'w');
  for (let i = 0; i < megabytes; i++) await file.write(chunk);
  await file.close();
}

test('memory stays flat: a file four times as large takes hardly more', async () => {
  const folder = await temporaryFolder();
  const { signal } = new AbortController();
  const replay = async (name: string, megabytes: number) => {
    await writeLines(join(folder, name), megabytes);
    const options = { terminal: { write: () => undefined }, signal, parent: folder };
    const { replayed } = await replayFile(join(folder, name), options);
    expect(replayed.bytes).toBe(megabytes * MB);
    return peakBytes();
  };
  const small = await replay('small', 80);
  const large = await replay('large', 320);
  expect((large - small) / MB).toBeLessThan(100);
});
