import { equal, match } from 'node:assert/strict';
import { check } from '../report.js';
import { MEMLOG_FIXTURE } from './memlog-fixture.js';

const NAMES = ['cli', 'conformance', 'core', 'fslog', 'memlog', 's3log'];

export async function useCli(use) {
  const consumer = await use.install('cli', NAMES);
  if (consumer === undefined) return;
  await check('cli: npx wal --help', async () => {
    match(await consumer.npx('wal', '--help'), /^ {2}append /m);
  });
  consumer.write('lines', 'created\npaid\n');
  await check('cli: npx wal append, and cat', async () => {
    await consumer.npx('wal', 'append', 'orders', 'lines');
    equal(await consumer.npx('wal', 'cat', 'orders'), 'created\npaid\n');
  });
  consumer.write('memlog-fixture.ts', MEMLOG_FIXTURE);
  await use.compileOnce(consumer, 'cli', ['memlog-fixture.ts']);
  await check('cli: npx wal conformance', () =>
    consumer.npx('wal', 'conformance', './memlog-fixture.js', '--only', 'TRIM'),
  );
}
