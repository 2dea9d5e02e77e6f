import {
  type CrashScript,
  type DiskCrash,
  DiskScriptRun,
  type DiskScriptRunOptions,
  type DiskScriptRunResult,
  FAULTS,
} from '@wal/conformance';
import { openFsLog } from '@wal/fslog';
import { describe, expect, it } from 'vitest';
import { ROLL, SYNC } from '../support/extras.ts';
import { scale, seeds } from './environment.ts';
import { restartRecords } from './numbered-records.ts';
import { RepeatableBytes } from './repeatable-bytes.ts';
import { SCRIPTS } from './scripts.ts';

const timeout = 10 ** 8;
const crash: DiskCrash = {
  open: (disk, directory) => openFsLog(`${directory}/log`, { disk, segmentBytes: 4096 }),
  extras: [ROLL, SYNC],
};

/** The command that runs the present test again as it is. */
function repeating(seed: number): string {
  const name = expect.getState().currentTestName?.replaceAll(' > ', ' ');
  const test = 'packages/fslog/test/crash/scripts.test.ts';
  return `CRASH_SCALE=${scale} CRASH_SEED=${seed} npx vitest run ${test} -t '${name}'`;
}

/** Runs a script twice over; what a seed gives, it gives again. */
async function runScript(
  script: CrashScript,
  seed: number,
  options: DiskScriptRunOptions,
): Promise<DiskScriptRunResult> {
  const bytes = new RepeatableBytes();
  bytes.install();
  restartRecords();
  try {
    return await new DiskScriptRun(crash, script, seed, options).run();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message}\n--- again:\n${repeating(seed)}`, { cause: error });
  } finally {
    bytes.uninstall();
  }
}

describe.each(SCRIPTS.map((script) => [script.title, script] as const))('%s', (_, script) => {
  it('CRASH-1: the power goes at every call', { timeout }, async () => {
    const [seed = 0] = seeds(1);
    const { states } = await runScript(script, seed, { statesPerStep: Math.ceil(4 * scale) });
    expect(states).toBeGreaterThan(100);
  });

  it.each(Object.entries(FAULTS))(
    'APPEND-8: %s, at any call',
    { timeout },
    async (_name, fault) => {
      const [seed = 0] = seeds(1);
      let calls = 1;
      const stride = scale > 1 ? 1 : 3;
      for (let n = 1 + (seed % stride); n <= calls + stride; n += stride) {
        const result = await runScript(script, seed, {
          statesPerStep: scale > 1 ? 1 : 0,
          fault: (call) =>
            call.number === n && call.kind !== 'release' ? fault(call, seed + n) : undefined,
        });
        calls = result.calls;
      }
    },
  );
});
