import { equal } from 'node:assert/strict';
import { check } from '../report.js';

const QUICK_START = '2 3\n2 paid\n3 shipped\n2 4\n';

export async function useFslog(use) {
  const consumer = await use.install('fslog', ['fslog', 'core']);
  if (consumer === undefined) return;
  const [quickStart] = consumer.examplesOf('fslog');
  consumer.write('plain.js', quickStart);
  await check('fslog: the quick start runs, as JavaScript', async () => {
    equal(await consumer.run('plain.js'), QUICK_START);
  });
  consumer.write('plain.cjs', asCommonJs(quickStart).replaceAll('orders', 'orders-of-require'));
  await check('fslog: the quick start runs, with require()', async () => {
    equal(await consumer.run('plain.cjs'), QUICK_START);
  });
  consumer.write('quick-start.ts', quickStart.replaceAll('orders', 'orders-of-types'));
  await use.compile(consumer, 'fslog', ['quick-start.ts'], ['node']);
  await check('fslog: the quick start runs, compiled', async () => {
    equal(await consumer.run('quick-start.js'), QUICK_START);
  });
}

function asCommonJs(code) {
  const body = code.replace(/^import (.*) from ('.*');$/m, 'const $1 = require($2);');
  return `(async () => {\n${body}})();\n`;
}
