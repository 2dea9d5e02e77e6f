import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isLogError } from '@wal/core';
import { type FsLog, openFsLog } from '@wal/fslog';
import { sayLine } from '@wal/test-harness';
import { readAll } from './records.ts';
import { dataOf, digestOf, seededRandom, type WorkloadCall } from './workload.ts';
import { SystemCalls } from './workload-interruption.ts';
import type { WorkloadLine, WorkloadOrders, WorkloadStep } from './workload-orders.ts';

/*
 * A process that works on a log until it is killed. It announces each call before it makes it and says
 * when it was acknowledged, in the order of the calls, each by a synchronous write to a pipe: what was
 * acknowledged is known to the other end whenever the process dies.
 */
const orders = JSON.parse(process.argv[2] ?? '{}') as WorkloadOrders;
const { directory, options, seed, script, interruption } = orders;
const { patienceMs = 0, clockAheadMs = 0 } = orders;
const random = seededRandom(seed);
let calls = 0;
/** What is being done, oldest first. */
const underWay = new Set<{ readonly what: string }>();
let hasFailed = false;
let current: FsLog | undefined;

const say: (line: WorkloadLine) => void = sayLine;

async function during<T>(what: string, run: () => Promise<T>): Promise<T> {
  const each = { what };
  underWay.add(each);
  try {
    return await run();
  } finally {
    underWay.delete(each);
  }
}

/** Opens the log, as soon as its lock can be had. */
async function patientlyOpen(): Promise<FsLog> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return await openFsLog(directory, options);
    } catch (error) {
      if (!isLogError(error, 'ERR_LOG_LOCKED') || performance.now() > until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function open(): Promise<FsLog> {
  const started = performance.now();
  const what = existsSync(join(directory, 'META')) ? 'open' : 'create';
  const opened = await during(what, patientlyOpen);
  const ms = performance.now() - started;
  const digest = digestOf((await during('read', () => readAll(opened))).map(({ data }) => data));
  const { nextId, firstId = nextId } = opened;
  say({ say: 'opened', firstId, nextId, digest, ms });
  return opened;
}

function appendCall(): WorkloadCall {
  const count = random(3) === 0 ? 1 + random(20) : 1;
  const sizes = Array.from({ length: count }, () => random(random(10) === 0 ? 3000 : 200));
  return { call: 'append', seed: seed * 10_000 + calls, sizes };
}

function randomCall({ nextId, firstId: first = nextId }: FsLog): WorkloadCall {
  const kind = random(20);
  if (kind === 0) return { call: 'truncate', lastToKeep: Math.max(-1, nextId - 1 - random(30)) };
  if (kind === 1) return { call: 'trim', discardUpTo: first + random(20) };
  if (kind === 2) return { call: 'roll' };
  // Now and then room is made, so that a log stays small.
  if (kind === 3 && nextId - first > 300) return { call: 'trim', discardUpTo: nextId - 100 };
  return appendCall();
}

async function change(log: FsLog, call: WorkloadCall): Promise<void> {
  if (call.call === 'append') await log.append(dataOf(call.seed, call.sizes));
  else if (call.call === 'truncate') await log.truncate(call.lastToKeep);
  else if (call.call === 'trim') await log.trim(call.discardUpTo);
  else await log.roll();
}

async function makeCall(log: FsLog, call: WorkloadCall): Promise<void> {
  const number = calls++;
  say({ say: 'begin', number, call });
  try {
    await during(call.call, () => change(log, call));
    say({ say: 'end', number });
  } catch (error) {
    if (!isLogError(error)) throw error;
    hasFailed = true;
    say({ say: 'failed', number, code: error.code });
  }
}

async function makeStep(log: FsLog, step: WorkloadStep): Promise<void> {
  if (step.call === 'open') current = await open();
  else if (step.call === 'sync') await during('sync', () => log.sync());
  else if (step.call === 'close') await during('close', () => log.close());
  else if (step.call === 'pause') await new Promise((resolve) => setTimeout(resolve, step.ms));
  else await makeCall(log, step);
}

/** Makes random calls until one fails, and then one more. */
async function makeRandomCalls(log: FsLog): Promise<void> {
  while (!hasFailed) {
    const atOnce = random(3) === 0 ? 1 + random(12) : 1;
    await Promise.all(Array.from({ length: atOnce }, () => makeCall(log, randomCall(log))));
  }
  await makeCall(log, appendCall());
  // With records acknowledged before their sync, closing tells that the log was lost, too.
  await during('close', () => log.close()).catch((error: unknown) => {
    if (!isLogError(error)) throw error;
  });
}

const { now } = Date;
Date.now = () => now() + clockAheadMs;
const systemCalls = new SystemCalls(
  directory,
  interruption,
  () => underWay.values().next().value?.what ?? 'nothing',
  (at) => say({ say: 'interrupted', at }),
);
systemCalls.watch();
say({ say: 'started' });
try {
  current = await open();
} catch (error) {
  if (!isLogError(error)) throw error;
  say({ say: 'refused', code: error.code, message: error.message });
}
if (current !== undefined && script === undefined) await makeRandomCalls(current);
for (const steps of script ?? []) {
  const log = current;
  if (log !== undefined) await Promise.all(steps.map((step) => makeStep(log, step)));
}
say({ say: 'finished', systemCalls: systemCalls.made });
