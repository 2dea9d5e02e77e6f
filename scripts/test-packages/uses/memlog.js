import { equal, match } from 'node:assert/strict';
import { check } from '../report.js';

export async function useMemlog(use) {
  const consumer = await use.install('memlog', ['memlog', 'core']);
  if (consumer === undefined) return;
  const [restart, faults, crash] = consumer.examplesOf('memlog');
  consumer.write('restart.ts', restart);
  consumer.write('faults.ts', faults);
  consumer.write('crash.ts', crash);
  await use.compile(consumer, 'memlog', ['restart.ts', 'faults.ts', 'crash.ts']);
  await check('memlog: its README runs', async () => {
    match(await consumer.run('restart.js'), /^2 second\n3 third$/m);
    match(await consumer.run('faults.js'), /^ERR_LOG_OUTCOME_UNKNOWN\nERR_LOG_FAILED$/m);
    equal(await consumer.run('crash.js'), 'ERR_LOG_OUTCOME_UNKNOWN\n1\n');
  });
}
