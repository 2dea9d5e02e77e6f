import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFsLog } from '@wal/fslog';
import { sayLine } from '@wal/test-harness';
import { dataOf, seededRandom, type WorkloadCall } from '../support/workload.ts';
import { contentOf } from './log-content.ts';
import { DiskWithBug } from './planted-bug-disk.ts';
import { flushedEntries } from './write-log.ts';
import type { WriterLine, WriterTask } from './writer-report.ts';

/*
 * A process that works on a log on a device that is recorded. It announces each call before it makes it and
 * says when it was acknowledged, each with the place in the device's write log.
 */
/** Long enough for the log to note that it is idle. */
const IDLE_MS = 8;
/** A log with more records is trimmed, so that it fits on its device. */
const MAX_RECORDS = 200;

const task = JSON.parse(process.argv[2] ?? '') as WriterTask;
const random = seededRandom(task.seed);
const writeLog = openSync(task.writeLog, 'r');
const here = (): number => flushedEntries(writeLog);
const killedAt = task.end === 'is killed' ? random(task.calls) : -1;
let calls = 0;

const say: (line: WriterLine) => void = sayLine;

function killSoon(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), random(4));
}

if (killedAt === 0) killSoon();
say({ opening: here() });
const withBug = new DiskWithBug(task.bug);
const disk = task.bug === undefined ? undefined : withBug.disk;
const log = await openFsLog(task.directory, { ...task.options, disk });
// Only now: a log that is created wrongly is too easy to convict.
withBug.plant();
const at = here();
say({ opened: at, found: await contentOf(log) });

function nextCall(): WorkloadCall {
  const kind = random(16);
  const first = log.firstId ?? log.nextId;
  if (log.nextId - first > MAX_RECORDS) return { call: 'trim', discardUpTo: log.nextId - 50 };
  if (kind === 0) return { call: 'truncate', lastToKeep: log.nextId - 1 - random(30) };
  if (kind === 1) return { call: 'trim', discardUpTo: first + random(20) };
  if (kind === 2) return { call: 'roll' };
  const count = random(3) === 0 ? 1 + random(12) : 1;
  const sizes = Array.from({ length: count }, () => random(random(8) === 0 ? 3000 : 300));
  return { call: 'append', seed: task.seed * 1000 + calls, sizes };
}

async function make(call: WorkloadCall): Promise<void> {
  const number = calls++;
  if (number === killedAt) killSoon();
  say({ begun: here(), call });
  if (call.call === 'append') await log.append(dataOf(call.seed, call.sizes));
  else if (call.call === 'truncate') await log.truncate(Math.max(-1, call.lastToKeep));
  else if (call.call === 'trim') await log.trim(Math.max(0, call.discardUpTo));
  else await log.roll();
  say({ acknowledged: here(), number });
}

while (calls < task.calls || killedAt >= 0) {
  const atOnce = random(3) === 0 ? 1 + random(8) : 1;
  await Promise.all(Array.from({ length: atOnce }, () => make(nextCall())));
  if (random(6) === 0) await sleep(IDLE_MS);
}
if (task.end === 'closes') await log.close();
process.exit(0);
