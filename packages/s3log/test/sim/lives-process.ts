import { openS3Log } from '@wal/s3log';
import { sayLine } from '@wal/test-harness';
import { SimRun } from './sim-run.ts';

/** What became of all lives: its only line. */
export interface LivesLine {
  readonly events: number;
  readonly ms: number;
  /** Of each seed that the log did not live through. */
  readonly failures: readonly { readonly seed: number; readonly message: string }[];
}

// Whoever waits for it holds the other end.
process.stdin.resume().once('close', () => process.exit(1));

/** Lets a log live through so many seeds, from one on. */
const [firstSeed = 0, seeds = 0] = process.argv.slice(2).map(Number);
const failures: { seed: number; message: string }[] = [];
const startMs = performance.now();
let events = 0;
for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  const run = new SimRun(seed, openS3Log);
  await run.run().catch(({ message }: Error) => failures.push({ seed, message }));
  events += run.world.events;
}
sayLine({ events, ms: performance.now() - startMs, failures } satisfies LivesLine);
process.exit();
