import { equal, match } from 'node:assert/strict';
import { check } from '../report.js';

export async function useCli(use) {
  const consumer = await use.install('cli', ['cli', 'core', 'fslog', 'memlog', 's3log']);
  if (consumer === undefined) return;
  await check('cli: npx wal --help', async () => {
    match(await consumer.npx('wal', '--help'), /^ {2}append /m);
  });
  consumer.write('lines', 'created\npaid\n');
  await check('cli: npx wal append, and cat', async () => {
    await consumer.npx('wal', 'append', 'orders', 'lines');
    equal(await consumer.npx('wal', 'cat', 'orders'), 'created\npaid\n');
  });
}
