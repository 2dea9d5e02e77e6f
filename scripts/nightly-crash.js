// Looks at 100,000,000 distinct crash states on the simulated disk, on all cores: see `--help`.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { CompiledSources } from '../packages/test-harness/dist/index.js';

const CRASH = 'packages/fslog/test/crash';
const SEEDS_A_JOB = 10;
/** 256 MiB; beyond it the count is an estimate, off by less than one in a thousand. */
const MAX_SLOTS = 2 ** 25;
const MAX_FAILURES = 10;
const REPORT_MS = 30_000;

const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '100000000' },
    'from-seed': { type: 'string', default: '1' },
    'to-seed': { type: 'string', default: String(2 ** 31) },
    workers: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(
    'npm run test:nightly -- [--states=100000000] [--from-seed=1] [--to-seed=…] [--workers=<cores>]\n' +
      'Runs every kind of crash test with each seed until so many distinct states came up. It ends with the\n' +
      'seed to go on from, and with exit code 1 if a run has failed. Ctrl-C ends it early.',
  );
  process.exit();
}

/** Hands out jobs, and adds up what they come to. */
class Night {
  #distinct;
  #kinds;
  #nextKind = 0;
  #nextSeed = Number(values['from-seed']);
  /** The first seeds of jobs under way. */
  #underWay = new Map();
  #byKind;
  #startMs = performance.now();
  #runs = 0;
  #tried = 0;
  failures = 0;
  isOver = false;

  constructor(distinct, kinds) {
    this.#distinct = distinct;
    this.#kinds = kinds;
    this.#byKind = kinds.map(() => 0);
  }

  /** Seeds below it are done, with all kinds. */
  get seedToGoOnFrom() {
    return Math.min(this.#nextSeed, ...this.#underWay.values());
  }

  start(worker) {
    if (this.isOver || this.#nextSeed > Number(values['to-seed'])) {
      worker.disconnect();
      return;
    }
    const job = { kind: this.#nextKind, from: this.#nextSeed, count: SEEDS_A_JOB };
    this.#underWay.set(worker, job.from);
    worker.job = job;
    this.#nextKind = (this.#nextKind + 1) % this.#kinds.length;
    if (this.#nextKind === 0) this.#nextSeed += SEEDS_A_JOB;
    worker.send(job);
  }

  end(worker, { tally, states, failure }) {
    this.#underWay.delete(worker);
    if (failure !== undefined) {
      this.failures++;
      console.error(failure);
    } else {
      for (const state of states) this.#distinct.add(state);
      this.#byKind[worker.job.kind] += tally.distinct;
      this.#runs += tally.runs;
      this.#tried += tally.tried;
    }
    const isEnough = this.#distinct.count >= Number(values.states);
    if (isEnough || this.failures >= MAX_FAILURES) this.isOver = true;
  }

  report() {
    const minutes = (performance.now() - this.#startMs) / 60_000;
    const { count, isExact } = this.#distinct;
    const rate = count / minutes / Number(values.workers);
    console.log(
      `${isExact ? '' : 'about '}${shown(count)} distinct states, ${shown(this.#tried)} tried, ${shown(this.#runs)} runs, ` +
        `${minutes.toFixed(1)} min, ${shown(rate)}/min/core, ${this.failures} failures; ` +
        `seeds below ${this.seedToGoOnFrom} are done`,
    );
  }

  reportKinds() {
    for (const [i, { name }] of this.#kinds.entries()) {
      console.log(`${shown(this.#byKind[i]).padStart(13)} ${name}`);
    }
  }
}

function shown(count) {
  return Math.round(count).toLocaleString('en');
}

const compiled = new CompiledSources({
  packages: ['conformance', 'fslog'],
  folder: CRASH,
  programs: ['distinct-states', 'kinds', 'nightly-worker'],
});
process.on('exit', () => compiled.remove());
const load = (program) => import(pathToFileURL(compiled.script(program)).href);
const { DistinctStates } = await load('distinct-states');
const { CRASH_KINDS } = await load('kinds');
const night = new Night(new DistinctStates(MAX_SLOTS), CRASH_KINDS);
process.once('SIGINT', () => {
  night.isOver = true;
});
const timer = setInterval(() => night.report(), REPORT_MS);
const workers = Array.from({ length: Number(values.workers) }, () => {
  const worker = fork(compiled.script('nightly-worker'), { serialization: 'advanced' });
  worker.on('message', (result) => {
    night.end(worker, result);
    night.start(worker);
  });
  night.start(worker);
  return new Promise((resolve) => {
    worker.on('exit', (code) => {
      if (code !== 0) {
        night.failures++;
        console.error(`a worker has ended with code ${code}`);
      }
      resolve();
    });
  });
});
await Promise.all(workers);
clearInterval(timer);
night.reportKinds();
night.report();
console.log(`go on with --from-seed=${night.seedToGoOnFrom}`);
process.exitCode = night.failures > 0 ? 1 : 0;
