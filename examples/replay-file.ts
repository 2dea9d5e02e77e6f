// Appends every line of a file to a log, opens it again and compares: `npm start`, `npm start -- FILE…`.
import { constants } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './replay/run.ts';

const stop = new AbortController();
let exitCode: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Once: a second one ends the process at once.
  process.once(signal, () => {
    exitCode = 128 + constants.signals[signal];
    stop.abort(new Error(`stopped by ${signal}`));
  });
}
// As in `npm start | head -1`: nobody reads on.
process.stdout.on('error', (error) => stop.abort(error));

// npm runs scripts in the folder of package.json, and says here where it was called.
const { INIT_CWD: workingDirectory = process.cwd() } = process.env;
const ownFile = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
const paths = process.argv.slice(2);
const result = await run(paths.length > 0 ? paths : [relative(workingDirectory, ownFile)], {
  stdout: process.stdout,
  stderr: process.stderr,
  workingDirectory,
  signal: stop.signal,
});
process.exitCode = exitCode ?? result;
