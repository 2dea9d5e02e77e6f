import { type Command, defineCommand } from '../command.ts';
import { runSuite, type SuiteOutcome, type TestOutcome } from '../conformance/run-suite.ts';
import { EXIT } from '../failure/exit-code.ts';
import { flag, integer, JSON_FLAG, text } from '../option.ts';
import type { Style } from '../output/style.ts';
import { required } from '../parameter.ts';
import { type Progress, startProgress } from '../progress/progress.ts';

const MOST = 2 ** 31 - 1;

export const conformance: Command = defineCommand({
  name: 'conformance',
  summary: 'run the conformance suite on a backend of yours',
  details:
    'MODULE exports a fixture: an object with name, capabilities and place(), as docs/WRITING-A-BACKEND.md describes. Each test proves a ' +
    'clause of docs/CONTRACT.md. The exit code is 1 if a test failed, or could not be run. The module is loaded by Node as it is: for ' +
    'TypeScript that this version of Node does not run, name a loader in NODE_OPTIONS.',
  parameters: {
    module: required('a path, or the name of a package that can be found from here'),
  },
  options: {
    fixture: text('--fixture <name>', 'which export, where there are several fixtures'),
    only: text('--only <clause>', 'only clauses that begin so: TRIM, or TRIM-2'),
    seed: integer('--seed <seed>', 'of everything random, to repeat a run', {
      min: 0,
      max: MOST,
      initial: undefined,
    }),
    runs: integer('--runs <count>', 'how many random runs of the model; at least 40', {
      min: 40,
      max: MOST,
      initial: undefined,
    }),
    crashScale: integer('--crash-scale <factor>', 'so many times as many crashes', {
      min: 1,
      max: MOST,
      initial: undefined,
    }),
    timeout: integer('--timeout <seconds>', 'when a test that does not end has failed', {
      min: 1,
      max: 86_400,
      initial: 120,
    }),
    quiet: flag('-q, --quiet', 'print only what failed'),
    json: JSON_FLAG,
  },
  examples: [
    { line: 'wal conformance ./my-log-fixture.js', does: 'all of it' },
    { line: 'wal conformance ./my-log-fixture.js --only CRASH --seed 7', does: 'a part, again' },
  ],
  async run({ parameters: { module }, options }, { stdout, stderr, style, signal }) {
    const { timeout, quiet, json, ...request } = options;
    let progress: Progress | undefined;
    const onTest = (done: number, total: number): void => {
      const shown = { label: 'test', unit: 'tests', total, isWanted: !quiet && !json } as const;
      progress ??= startProgress(stderr, shown);
      progress.show(done);
    };
    const settings = { testLimitMs: timeout * 1000, signal, onTest };
    const outcome = await runSuite({ module, ...request }, settings).finally(() => progress?.end());
    await stdout.write(json ? jsonText(outcome) : resultText(outcome, quiet, style));
    if (signal.aborted) await stderr.line(`wal: ${(signal.reason as Error).message}`);
    const isGood = outcome.tests.every((test) => isPassed(test) || test.outcome === 'skipped');
    return isGood ? EXIT.done : EXIT.failed;
  },
});

function isPassed({ outcome }: TestOutcome): boolean {
  return outcome === 'passed';
}

function resultText({ name, seed, tests }: SuiteOutcome, isQuiet: boolean, style: Style): string {
  const shown = tests.filter(({ outcome }) =>
    isQuiet ? outcome === 'failed' : outcome !== 'not run',
  );
  const lines = shown.map((test) => testText(test, style));
  const count = (outcome: TestOutcome['outcome']): number =>
    tests.filter((test) => test.outcome === outcome).length;
  const notRun = count('not run');
  const counts = [`${count('passed')} passed`, `${count('failed')} failed`];
  if (count('skipped') > 0) counts.push(`${count('skipped')} skipped`);
  if (notRun > 0) counts.push(`${notRun} not run`);
  lines.push(`${style.bold(name)}: ${counts.join(', ')}; seed ${seed}`);
  return `${lines.join('\n')}\n`;
}

function testText(
  { outcome, clause, title, failure, skipReason }: TestOutcome,
  style: Style,
): string {
  const colour = {
    passed: style.green,
    failed: style.red,
    skipped: style.yellow,
    'not run': style.yellow,
  };
  const more = failure?.replaceAll('\n', '\n          ') ?? skipReason;
  const because = more === undefined ? '' : `\n          ${more}`;
  return `${colour[outcome](outcome.padEnd(8))}  ${style.bold(clause)} ${title}${because}`;
}

function jsonText({ name, seed, tests }: SuiteOutcome): string {
  const of = (outcome: TestOutcome['outcome']): readonly TestOutcome[] =>
    tests.filter((test) => test.outcome === outcome);
  return `${JSON.stringify({
    name,
    seed,
    passed: of('passed').length,
    failed: of('failed').length,
    skipped: of('skipped').length,
    notRun: of('not run').length,
    tests,
  })}\n`;
}
