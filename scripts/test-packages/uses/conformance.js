import { equal, match } from 'node:assert/strict';
import { check } from '../report.js';
import { MEMLOG_FIXTURE } from './memlog-fixture.js';

const COLLECT = `import { logConformance, type LogFixture } from '@wal/conformance';
const fixture: LogFixture = {
  name: 'none',
  capabilities: { reopen: false, exclusion: 'none', maxRecordBytes: 1024, configurableLimit: false },
  place: () => Promise.reject(new Error('nothing is run')),
};
const run = (_title: string, body: () => unknown) => void body();
const { tested } = logConformance({ describe: run, test: () => undefined }, fixture);
console.log(tested.includes('APPEND-1'));
`;

export async function useConformance(use) {
  const consumer = await use.install('conformance', ['conformance', 'core']);
  if (consumer === undefined) return;
  consumer.write('collect.ts', COLLECT);
  await use.compile(consumer, 'conformance', ['collect.ts']);
  await check('conformance: registers its tests', async () => {
    equal(await consumer.run('collect.js'), 'true\n');
  });
}

const SUITE = `import { describe, test } from 'node:test';
import { logConformance } from '@wal/conformance';
import { memlogFixture } from './memlog-fixture.ts';
logConformance({ describe, test }, memlogFixture);
`;

/** The suite on a log, both from their tarballs. */
export async function useSuite(use) {
  const consumer = await use.install('suite', ['conformance', 'memlog', 'core']);
  if (consumer === undefined) return;
  consumer.write('memlog-fixture.ts', MEMLOG_FIXTURE);
  consumer.write('suite.ts', SUITE);
  await use.compileOnce(consumer, 'suite', ['suite.ts']);
  await check('suite: memlog passes under node:test', async () => {
    const printed = await consumer.run('--test', '--test-reporter=tap', 'suite.js');
    match(printed, /^# pass \d{3}$/m);
    match(printed, /^# fail 0$/m);
  });
}
