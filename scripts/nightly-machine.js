// Lets a real machine fail for hours: errors, kills, power cuts, damage, far more than `npm test`. See `--help`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TESTS = 'packages/fslog/test/';

/** What is run one after the other. A variable that is set already stays as it is. */
const PARTS = {
  errors: {
    files: ['kernel/injected-errors'],
    environment: { KERNEL_FAULTS: 'all' },
  },
  kills: {
    files: ['kill', 'kill-by-kernel', 'takeover'],
    environment: { FSLOG_KILLS: '20000', FSLOG_TAKEOVERS: '24' },
  },
  'power-cuts': {
    files: ['power-cut/power-cut'],
    environment: { POWER_CUTS: '100000', POWER_CUTS_XFS: '2000' },
  },
  damage: {
    files: ['crash/rot', 'verify-sweep', 'repair-sweep', 'repair-crash'],
    environment: { CRASH_SCALE: '100' },
  },
};

function fail(text) {
  console.error(text);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.help) {
  console.log(`node scripts/nightly-machine.js [part …]\nParts, all without one; as root:`);
  for (const [name, { environment }] of Object.entries(PARTS)) {
    const variables = Object.entries(environment).map((each) => each.join('='));
    console.log(`  ${name.padEnd(10)}  ${variables.join(' ')}`);
  }
  console.log('It ends with exit code 1 if a test has failed, or was left out.');
  process.exit();
}
const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) fail(`no part ${unknown}: there are ${Object.keys(PARTS).join(', ')}`);

const manifest = createRequire(import.meta.url).resolve('vitest/package.json');
const vitest = join(dirname(manifest), 'vitest.mjs');
const directory = mkdtempSync(join(tmpdir(), 'nightly-machine-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

/** Gives what a part came to. */
function run(name) {
  const { files, environment } = PARTS[name];
  const report = join(directory, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const paths = files.map((file) => `${TESTS}${file}.test.ts`);
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...paths], {
    cwd: ROOT,
    env: { ...environment, ...process.env },
    stdio: 'inherit',
  });
  const minutes = (performance.now() - started) / 60_000;
  if (!existsSync(report)) process.exit(1); // It was interrupted.
  const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(report, 'utf8'));
  return { name, minutes, status, passed: numPassedTests, total: numTotalTests };
}

const results = (positionals.length > 0 ? positionals : Object.keys(PARTS)).map(run);
for (const { name, minutes, passed, total } of results) {
  console.log(`${name}: ${passed} of ${total} passed, ${minutes.toFixed(1)} min`);
}
const isGood = results.every(({ status, passed, total }) => status === 0 && passed === total);
process.exitCode = isGood ? 0 : 1;
