#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { listenForInterruption } from './interruption.ts';
import { Output } from './output/output.ts';
import { styleFor } from './output/style.ts';
import { run } from './run.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };
const { env, stdin } = process;
const interruption = listenForInterruption();
const stdout = new Output(process.stdout, interruption.outputFailed);
const stderr = new Output(process.stderr);
const exitCode = await run(process.argv.slice(2), version, {
  stdin,
  stdout,
  stderr,
  style: styleFor(process.stdout, env),
  env,
  signal: interruption.signal,
});
process.exitCode = interruption.exitCode ?? exitCode;
// A terminal, or a pipe that nobody closes, would keep the process.
stdin.destroy();
if (interruption.exitCode !== undefined) {
  // So would a request that was left behind, to a store that does not answer.
  await Promise.all([stdout.flush(), stderr.flush()]);
  process.exit();
}
