// `npm run bench`: measures the logs beside the bare machine and beside what would be used instead.
import { helpText, parseArguments } from './arguments.ts';
import { runBenchmark } from './benchmark.ts';
import { stopJobs } from './process/job.ts';

// npm runs scripts in the folder of the package; this is where the user was.
const { INIT_CWD: workingDirectory = process.cwd() } = process.env;

let stoppedBy: NodeJS.Signals | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The measurement ends, its promise rejects, and the folder is removed on the way out.
  process.on(signal, () => {
    stoppedBy = signal;
    stopJobs();
  });
}

try {
  const options = parseArguments(process.argv.slice(2), workingDirectory);
  if (options.help) console.log(helpText());
  else await runBenchmark(options, () => stoppedBy !== undefined);
} catch (error) {
  if (stoppedBy === undefined) console.error(error instanceof Error ? error.message : error);
  process.exitCode = stoppedBy === undefined ? 1 : 130;
}
