import { match } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../pack.js';
import { check } from '../report.js';

/** The backend of the guide, as somebody would have it outside of this repository. */
export async function useBackend(use) {
  const consumer = await use.install('backend', ['conformance', 'fslog', 'core']);
  if (consumer === undefined) return;
  for (const name of ['@types/mocha', 'mocha']) consumer.lend(name);
  for (const name of ['line-log.ts', 'line-log-fixture.ts', 'line-log-mocha.ts']) {
    consumer.write(name, readFileSync(join(ROOT, 'examples/custom-backend', name), 'utf8'));
  }
  await use.compileOnce(consumer, 'backend', ['line-log-mocha.ts']);
  await check('backend: the suite passes under mocha', async () => {
    const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js');
    const printed = await consumer.run(mocha, '--timeout', '60000', 'line-log-mocha.js');
    match(printed, /^ {2}\d{3} passing/m);
  });
}
