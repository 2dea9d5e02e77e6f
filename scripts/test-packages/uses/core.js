import { equal } from 'node:assert/strict';
import { check } from '../report.js';

export async function useCore(use) {
  const consumer = await use.install('core', ['core']);
  if (consumer === undefined) return;
  const [codec] = consumer.examplesOf('core');
  consumer.write('codec.ts', codec);
  await use.compile(consumer, 'core', ['codec.ts']);
  await check('core: its README runs', async () => {
    equal(await consumer.run('codec.js'), '1 hello\n');
  });
}
