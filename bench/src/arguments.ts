import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measurementOf, RUNS, type RunName } from './measurements/all.ts';

/** What the command line says. */
export interface Arguments {
  readonly names: readonly string[];
  /** The whole run that the names are; `undefined`: some of one, or of several. */
  readonly run: RunName | undefined;
  readonly disk: string;
  readonly rounds: number;
  readonly quick: boolean;
  readonly withPeers: boolean;
  readonly compare: string | undefined;
  readonly output: string | undefined;
  /** An earlier result: nothing is measured. */
  readonly from: string | undefined;
  readonly updateDocs: boolean;
  readonly help: boolean;
}

const ROUNDS = 5;
const MAX_ROUNDS = 1000;

/** @throws Error for what it does not know. */
export function parseArguments(argv: readonly string[], workingDirectory: string): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      disk: { type: 'string' },
      rounds: { type: 'string' },
      compare: { type: 'string' },
      from: { type: 'string' },
      output: { type: 'string' },
      quick: { type: 'boolean', default: false },
      'no-peers': { type: 'boolean', default: false },
      'update-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const run = runOf(positionals);
  const names = run === undefined ? positionals.flatMap(namesOf) : namesOfRun(run);
  for (const name of names) measurementOf(name);
  if (values['update-docs'] && (run === undefined || values.quick)) {
    throw new Error('--update-docs takes a whole run: no names, or s3 alone, and not --quick');
  }
  const pathOf = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(workingDirectory, path);
  return {
    names,
    run,
    disk: resolve(workingDirectory, values.disk ?? '.'),
    rounds: values.rounds === undefined ? (values.quick ? 1 : ROUNDS) : checkRounds(values.rounds),
    quick: values.quick,
    withPeers: !values['no-peers'],
    compare: pathOf(values.compare),
    from: pathOf(values.from),
    output: pathOf(values.output),
    updateDocs: values['update-docs'],
    help: values.help,
  };
}

function runOf(positionals: readonly string[]): RunName | undefined {
  if (positionals.length === 0) return 'usual';
  return positionals.length === 1 && positionals[0] === 's3' ? 's3' : undefined;
}

function namesOf(positional: string): readonly string[] {
  return positional === 's3' ? namesOfRun('s3') : [positional];
}

function namesOfRun(run: RunName): readonly string[] {
  return RUNS[run].map(({ name }) => name);
}

function checkRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds >= 1 && rounds <= MAX_ROUNDS) return rounds;
  throw new Error(`--rounds takes a number from 1 to ${MAX_ROUNDS}, not ${text}`);
}

export function helpText(): string {
  const listed = (run: RunName): string =>
    RUNS[run].map(({ name, title }) => `  ${name.padEnd(16)} ${title}`).join('\n');
  return `npm run bench                   measures everything but s3
npm run bench -- s3             measures s3log, on a radosgw that it starts
npm run bench -- NAME…          measures some of:

${listed('usual')}
${listed('s3')}

  --disk FOLDER    where the logs are written: on a disk, not in memory; default: the working directory
  --rounds N       how often each is measured in turn; default ${ROUNDS}
  --no-peers       only ours and the bare machine
  --compare FILE   prints each figure by that of an earlier result
  --output FILE    where the result is written; default bench/results/latest.json
  --update-docs    writes bench/results/published.json, or published-s3.json, and the tables and plots of
                   docs/BENCHMARKS.md
  --from FILE      measures nothing: prints the bars of an earlier result, and updates the documents from it
  --quick          small and short, to see that it runs`;
}
