// Lets the log on an object store live through 1,000,000 seeds in the simulated store, on all cores: see `--help`.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TESTS = 'packages/s3log/test/';
/** Each seed is one life of the log as it is, or of the log with its numbers as small as can be. */
const KINDS = ['simulation', 'simulation-smallest'];
const MAX_FAILURES = 10;
const REPORT_MS = 60_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000000' },
    'from-seed': { type: 'string', default: '1' },
    'job-seeds': { type: 'string', default: '5000' },
    workers: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'node scripts/nightly-s3.js [--seeds=1000000] [--from-seed=1] [--job-seeds=5000] [--workers=<cores>]\n' +
      'Half of the seeds are lives of the log as it is, half of it with the smallest numbers. It ends with the seed to\n' +
      'go on from, and with exit code 1 if a seed has failed; each failure names the command that replays it.\n' +
      'Ctrl-C ends it early.',
  );
  process.exit();
}

/** An option that is a count. */
function count(name, least) {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= least) return number;
  console.error(`--${name} must be an integer from ${least} on, and is ${values[name]}`);
  process.exit(2);
}

const SEEDS = count('seeds', 1);
const FIRST_SEED = count('from-seed', 0);
const JOB_SEEDS = count('job-seeds', 1);
const WORKERS = count('workers', 1);

const manifest = createRequire(import.meta.url).resolve('vitest/package.json');
const vitest = join(dirname(manifest), 'vitest.mjs');
const startMs = performance.now();
const children = new Set();
/** The first seeds of jobs under way. */
const underWay = new Set();
let handedOut = 0;
let done = 0;
let failures = 0;
let isOver = false;

/** The next seeds of a kind. Both kinds take the same seeds, one after the other. */
function nextJob() {
  const pair = Math.floor(handedOut / (2 * JOB_SEEDS));
  const isSecond = handedOut % (2 * JOB_SEEDS) >= JOB_SEEDS;
  const seeds = Math.min(JOB_SEEDS, SEEDS - handedOut);
  handedOut += seeds;
  return { kind: KINDS[isSecond ? 1 : 0], from: FIRST_SEED + pair * JOB_SEEDS, seeds };
}

/** Runs the seeds of a job in a process of its own; resolves with whether all of them were lived through. */
function run({ kind, from, seeds }) {
  const child = spawn(process.execPath, [vitest, 'run', `${TESTS}${kind}.test.ts`], {
    cwd: ROOT,
    env: { ...process.env, S3LOG_SEED: String(from), S3LOG_SEEDS: String(seeds) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Ctrl-C is for this process: it ends those that it started.
  });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.once('close', (code) => {
      children.delete(child);
      // What ends well without having lived through the seeds has not run at all.
      const isGood = code === 0 && output.includes(`${seeds} seeds from ${from} on`);
      if (!isGood && !isOver) console.error(output);
      resolve(isGood);
    });
  });
}

async function work() {
  while (!isOver && handedOut < SEEDS) {
    const job = nextJob();
    underWay.add(job);
    const isGood = await run(job);
    if (isOver) return;
    underWay.delete(job);
    done += job.seeds;
    if (!isGood && ++failures >= MAX_FAILURES) end();
  }
}

/** Ends what is under way. */
function end() {
  isOver = true;
  for (const { pid } of children) if (pid !== undefined) process.kill(-pid, 'SIGTERM');
}

function report() {
  const minutes = (performance.now() - startMs) / 60_000;
  const rate = done / minutes / 60 / WORKERS;
  const shown = done.toLocaleString('en');
  console.log(
    `${shown} seeds, ${minutes.toFixed(1)} min, ${rate.toFixed(1)}/s/core, ${failures} jobs failed`,
  );
}

process.once('SIGINT', end);
process.once('SIGTERM', end);
const timer = setInterval(report, REPORT_MS);
await Promise.all(Array.from({ length: WORKERS }, work));
clearInterval(timer);
report();
const next = FIRST_SEED + Math.floor(handedOut / (2 * JOB_SEEDS)) * JOB_SEEDS;
console.log(`go on with --from-seed=${Math.min(next, ...[...underWay].map(({ from }) => from))}`);
process.exitCode = failures > 0 || done < SEEDS ? 1 : 0;
