import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { isLogError } from '@wal/core';
import { type FsLog, openFsLog } from '@wal/fslog';
import { sayLine } from '@wal/test-harness';
import { dataOf } from '../support/workload.ts';
import { diskWithBug } from './planted-bug-disk.ts';
import type { Outcome, VictimCall } from './victim-calls.ts';

/*
 * A process that works on a log while its system fails. Each line that it reads is an array of calls, made at
 * once; the next line begins when all of them have settled. What becomes of each is written synchronously
 * to a pipe, from the main thread: its calls to the disk are made by another.
 */
const PROBE_BYTES = 1_048_576;
let log: FsLog | undefined;
let directory = '';
let count = 0;

function bytesRead(thread: string): number {
  const text = readFileSync(`/proc/self/task/${thread}/io`, 'utf8');
  return Number(/^rchar: (\d+)/.exec(text)?.[1]);
}

/** The one thread of the pool: the one that reads when something is read. */
async function findDiskThread(): Promise<number> {
  const threads = readdirSync('/proc/self/task');
  const before = new Map(threads.map((thread) => [thread, bytesRead(thread)]));
  const zeros = await openFile('/dev/zero');
  await zeros.read(Buffer.alloc(PROBE_BYTES), 0, PROBE_BYTES, null);
  await zeros.close();
  const found = readdirSync('/proc/self/task').filter(
    (thread) => bytesRead(thread) - (before.get(thread) ?? 0) >= PROBE_BYTES,
  );
  if (found.length !== 1) throw new Error(`the pool has ${found.length} threads, not 1`);
  return Number(found[0]);
}

function errnosOf(error: unknown): number[] {
  const errnos: number[] = [];
  for (let each = error as { cause?: unknown; errno?: number } | undefined; each !== undefined; ) {
    if (typeof each.errno === 'number') errnos.push(each.errno);
    each = each.cause as typeof each;
  }
  return errnos;
}

async function readAll(from: FsLog): Promise<object> {
  const records: [number, string][] = [];
  for await (const { id, data } of from.iterator()) {
    records.push([id, Buffer.from(data).toString('base64')]);
  }
  return { nextId: from.nextId, records };
}

async function open(call: VictimCall & { call: 'open' }): Promise<unknown> {
  log = undefined;
  directory = call.directory;
  const { bug } = call;
  const options = bug === undefined ? call.options : { ...call.options, disk: diskWithBug(bug) };
  log = await openFsLog(directory, options);
  return log.nextId;
}

async function make(call: VictimCall, opened: FsLog | undefined): Promise<unknown> {
  if (call.call === 'open') return await open(call);
  if (call.call === 'pause') {
    return await new Promise((resolve) => setTimeout(resolve, call.ms));
  }
  if (call.call === 'block') return readFileSync(call.pipe, 'utf8');
  if (opened === undefined) throw new Error('no log is open');
  if (call.call === 'append') return await opened.append(dataOf(call.seed, call.sizes));
  if (call.call === 'truncate') return await opened.truncate(call.lastToKeep);
  if (call.call === 'trim') return await opened.trim(call.discardUpTo);
  if (call.call === 'read') return await readAll(opened);
  return await opened[call.call]();
}

async function report(call: VictimCall, number: number): Promise<void> {
  const tell = (outcome: Omit<Outcome, 'number'>): void => sayLine({ number, ...outcome });
  if (log === undefined && call.call !== 'open' && call.call !== 'pause') {
    tell({ isSkipped: true });
    return;
  }
  try {
    tell({ value: (await make(call, log)) ?? null });
  } catch (error) {
    const errnos = errnosOf(error);
    const message = String(error);
    tell(isLogError(error) ? { code: error.code, errnos, message } : { message });
  }
}

/** Descriptors of files in the log's directory, and of the directory. */
function leftOpen(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return directory !== '' && path.startsWith(directory) ? [path] : [];
    } catch {
      return []; // The one that lists them.
    }
  });
}

// What a limit on files sends with its error; left alone it ends the process.
process.on('SIGXFSZ', () => undefined);
sayLine({ diskThread: await findDiskThread() });
for await (const line of createInterface({ input: process.stdin })) {
  const calls = JSON.parse(line) as VictimCall[];
  await Promise.all(calls.map((call) => report(call, count++)));
}
sayLine({ left: leftOpen() });
