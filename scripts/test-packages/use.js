import { equal, match } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Consumer } from './consumer.js';
import { ROOT } from './pack.js';
import { check } from './report.js';

const TAKEOVER = '2 3\nERR_LOG_FENCED\n2 paid\n3 shipped\n';
const QUICK_START = '2 3\n2 paid\n3 shipped\n2 4\n';

/** Installs packages, and none of ours but these. */
async function install(packed, folder, title, names) {
  const tarballs = names.map((name) => packed[name].tarball);
  const consumer = await check(`${title}: install ${names.join(', ')}`, () =>
    Consumer.install(join(folder, title), tarballs),
  );
  if (consumer !== undefined && !names.includes('s3log')) {
    await check(`${title}: brings no client of a bucket`, () =>
      equal(consumer.has('@aws-sdk'), false),
    );
  }
  return consumer;
}

/** Compiles with each way to find modules and each library that may be there. */
async function compile(consumer, title, files, libraries = ['browser', 'node']) {
  for (const library of libraries) {
    if (library === 'node') consumer.lend('@types/node');
    for (const resolution of ['bundler', 'nodenext']) {
      await check(`${title}: types, ${resolution}, ${library}`, () =>
        consumer.compile(files, resolution, library),
      );
    }
  }
}

export async function useCore(packed, folder) {
  const consumer = await install(packed, folder, 'core', ['core']);
  if (consumer === undefined) return;
  const [codec] = consumer.examplesOf('core');
  consumer.write('codec.ts', codec);
  await compile(consumer, 'core', ['codec.ts']);
  await check('core: its README runs', async () => {
    equal(await consumer.run('codec.js'), '1 hello\n');
  });
}

export async function useMemlog(packed, folder) {
  const consumer = await install(packed, folder, 'memlog', ['memlog', 'core']);
  if (consumer === undefined) return;
  const [restart, faults, crash] = consumer.examplesOf('memlog');
  consumer.write('restart.ts', restart);
  consumer.write('faults.ts', faults);
  consumer.write('crash.ts', crash);
  await compile(consumer, 'memlog', ['restart.ts', 'faults.ts', 'crash.ts']);
  await check('memlog: its README runs', async () => {
    match(await consumer.run('restart.js'), /^2 second\n3 third$/m);
    match(await consumer.run('faults.js'), /^ERR_LOG_OUTCOME_UNKNOWN\nERR_LOG_FAILED$/m);
    equal(await consumer.run('crash.js'), 'ERR_LOG_OUTCOME_UNKNOWN\n1\n');
  });
}

export async function useFslog(packed, folder) {
  const consumer = await install(packed, folder, 'fslog', ['fslog', 'core']);
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
  await compile(consumer, 'fslog', ['quick-start.ts'], ['node']);
  await check('fslog: the quick start runs, compiled', async () => {
    equal(await consumer.run('quick-start.js'), QUICK_START);
  });
  consumer.write('required.cts', "import fslog = require('@wal/fslog');\nvoid fslog.openFsLog;\n");
  await check('fslog: types, nodenext, for require()', () =>
    consumer.compile(['required.cts'], 'nodenext', 'node'),
  );
}

export async function useS3log(packed, folder) {
  const consumer = await install(packed, folder, 's3log', ['s3log', 'core']);
  if (consumer === undefined) return;
  const [takeover] = consumer.examplesOf('s3log');
  consumer.write('plain.js', takeover.replaceAll('orders', 'orders-of-plain'));
  await check('s3log: its README runs, as JavaScript', async () => {
    equal(await consumer.run('plain.js'), TAKEOVER);
  });
  consumer.write('takeover.ts', takeover);
  for (const name of ['http-store.ts', 'object-server.ts', 'http-store-node-test.ts']) {
    consumer.write(name, readFileSync(join(ROOT, 'examples/custom-store', name), 'utf8'));
  }
  await compile(consumer, 's3log', ['takeover.ts', 'http-store-node-test.ts'], ['node']);
  await check('s3log: its README runs, compiled', async () => {
    equal(await consumer.run('takeover.js'), TAKEOVER);
  });
  await check('s3log: the suite of stores passes on the store of the guide', async () => {
    match(await consumer.run('--test', 'http-store-node-test.js'), /^# fail 0$/m);
  });
  consumer.write('required.cts', "import s3log = require('@wal/s3log');\nvoid s3log.openS3Log;\n");
  await check('s3log: types, nodenext, for require()', () =>
    consumer.compile(['required.cts'], 'nodenext', 'node'),
  );
}

function asCommonJs(code) {
  const body = code.replace(/^import (.*) from ('.*');$/m, 'const $1 = require($2);');
  return `(async () => {\n${body}})();\n`;
}

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

export async function useConformance(packed, folder) {
  const consumer = await install(packed, folder, 'conformance', ['conformance', 'core']);
  if (consumer === undefined) return;
  consumer.write('collect.ts', COLLECT);
  await compile(consumer, 'conformance', ['collect.ts']);
  await check('conformance: registers its tests', async () => {
    equal(await consumer.run('collect.js'), 'true\n');
  });
}

/** The backend of the guide, as somebody would have it outside of this repository. */
export async function useBackend(packed, folder) {
  const consumer = await install(packed, folder, 'backend', ['conformance', 'fslog', 'core']);
  if (consumer === undefined) return;
  for (const name of ['@types/mocha', 'mocha']) consumer.lend(name);
  for (const name of ['line-log.ts', 'line-log-fixture.ts', 'line-log-mocha.ts']) {
    consumer.write(name, readFileSync(join(ROOT, 'examples/custom-backend', name), 'utf8'));
  }
  await compile(consumer, 'backend', ['line-log-mocha.ts'], ['node']);
  await check('backend: the suite passes under mocha', async () => {
    const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js');
    const printed = await consumer.run(mocha, '--timeout', '60000', 'line-log-mocha.js');
    match(printed, /^ {2}\d{3} passing/m);
  });
}
