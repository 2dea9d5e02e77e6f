import {
  type SimCall,
  SimDisk,
  type SimFault,
  SimRandom,
  SimScheduler,
  SimStorage,
  settle,
} from '@wal/conformance';
import { isLogError } from '@wal/core';
import { type FsLog, type FsLogOptions, openFsLog } from '@wal/fslog';
import { CrashChecker } from './crash-checker.ts';
import { emptyState, isSameState, type LogState, readState, showState } from './log-state.ts';
import { Oracle } from './oracle.ts';
import type { Script } from './scripts.ts';
import { TrackedLog } from './tracked-log.ts';
import { breathe, VirtualTimers } from './virtual-timers.ts';

const DIRECTORY = '/log';

export interface ScriptRunOptions {
  /** How many crash states are tried before each call. */
  readonly statesPerStep: number;
  readonly fault?: (call: SimCall) => SimFault | undefined;
  readonly durability?: FsLogOptions['durability'];
}

/** What a run has seen. */
export interface ScriptRunResult {
  readonly states: number;
  readonly calls: number;
}

/** Runs a script from a new log to its closing, twice, and cuts the power before every call. */
export async function runScript(
  script: Script,
  seed: number,
  options: ScriptRunOptions,
): Promise<ScriptRunResult> {
  const timers = new VirtualTimers();
  timers.install();
  const random = new SimRandom(seed);
  const storage = new SimStorage();
  const { durability = 'sync' } = options;
  const open = (disk: SimDisk): Promise<FsLog> =>
    openFsLog(DIRECTORY, { disk, segmentBytes: 4096, durability });
  const oracle = new Oracle(emptyState(1), durability === 'sync');
  const checker = new CrashChecker(open, random);
  let failure: unknown;
  let disk: SimDisk | undefined;
  const step = async (): Promise<void> => {
    if (failure !== undefined) return;
    const saved = timers.save();
    const allowed = oracle.allowed();
    const inFlight = disk?.inFlight ?? [];
    try {
      for (let i = 0; i < options.statesPerStep; i++) {
        await checker.check(storage, inFlight, allowed);
      }
    } catch (error) {
      failure = error;
    }
    timers.restore(saved);
  };
  const scheduler = new SimScheduler(random, step);
  const { fault } = options;
  const calm = { isCalm: false };
  disk = new SimDisk(storage, {
    gate: scheduler.gate,
    random,
    fault: (call) => (calm.isCalm ? undefined : fault?.(call)),
  });
  try {
    for (let life = 0; life < 2; life++)
      await live(disk, open, checker, oracle, script, timers, calm);
    await step();
    if (failure !== undefined) throw failure;
    const reopened = await readState(await open(new SimDisk(storage, { stealsLock: true })));
    checker.judge(reopened, oracle.allowed(), 'reopened');
    return { states: checker.states, calls: disk.calls };
  } catch (error) {
    throw new Error(
      `CRASH_SEED=${seed}\n${String((error as Error).stack)}\n--- history\n${oracle.history.join('\n')}`,
      { cause: error },
    );
  } finally {
    scheduler.stop();
    timers.uninstall();
    await breathe();
  }
}

/** Opens, runs the script, closes. A call that was made to fail may make any of these fail, with a code. */
async function live(
  disk: SimDisk,
  open: (disk: SimDisk) => Promise<FsLog>,
  checker: CrashChecker,
  oracle: Oracle,
  script: Script,
  timers: VirtualTimers,
  calm: { isCalm: boolean },
): Promise<void> {
  const read = async (): Promise<LogState> => {
    calm.isCalm = true;
    const state = await readState(log);
    calm.isCalm = false;
    return state;
  };
  let log: FsLog;
  try {
    log = await open(disk);
  } catch (error) {
    if (!isLogError(error) || isLogError(error, 'ERR_LOG_CORRUPT')) throw error;
    if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after ${error}`);
    oracle.history.push(String(error));
    log = await open(disk);
  }
  const found = await read();
  checker.judge(found, oracle.allowed(), 'opened');
  oracle.rebase(found);
  const tracked = new TrackedLog(log, oracle);
  await script(tracked);
  timers.fire();
  await settle();
  if (!tracked.isPoisoned) {
    const state = await read();
    if (!isSameState(state, oracle.present)) {
      throw new Error(`reads ${showState(state)}\nmust be ${showState(oracle.present)}`);
    }
  }
  const closing = oracle.begin('close', 'barrier', (same) => same);
  const outcome = await log.close().then(
    () => (tracked.isPoisoned ? ('unknown' as const) : ('done' as const)),
    (error: unknown) => {
      oracle.history.push(String(error));
      return 'unknown' as const;
    },
  );
  oracle.end(closing, outcome);
  if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after close`);
  oracle.crash();
}
