import { writeSync } from 'node:fs';
import { type FsLogOptions, openFsLog } from '@wal/fslog';
import { dataOf, seededRandom, type WorkloadCall } from './workload.ts';

/*
 * A process that works on a log until it is killed. It announces each call before it makes it and says
 * when it was acknowledged, in the order of the calls, each by a synchronous write to a pipe: what was
 * acknowledged is known to the other end whenever the process dies.
 */
const [directory = '', seedText = '0', optionsText = '{}'] = process.argv.slice(2);
const seed = Number(seedText);
const random = seededRandom(seed);
let calls = 0;

function say(line: object): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const log = await openFsLog(directory, JSON.parse(optionsText) as FsLogOptions);
say({ open: log.nextId });

function appendCall(): WorkloadCall {
  const count = random(3) === 0 ? 1 + random(20) : 1;
  const sizes = Array.from({ length: count }, () => random(random(10) === 0 ? 3000 : 200));
  return { call: 'append', seed: seed * 10_000 + calls, sizes };
}

function nextCall(): WorkloadCall {
  const kind = random(20);
  const first = log.firstId ?? log.nextId;
  if (kind === 0) return { call: 'truncate', lastToKeep: log.nextId - 1 - random(30) };
  if (kind === 1) return { call: 'trim', discardUpTo: first + random(20) };
  if (kind === 2) return { call: 'roll' };
  // Now and then room is made, so that a log stays small.
  if (kind === 3 && log.nextId - first > 300)
    return { call: 'trim', discardUpTo: log.nextId - 100 };
  return appendCall();
}

async function make(call: WorkloadCall): Promise<void> {
  const number = calls++;
  say({ begin: number, ...call });
  if (call.call === 'append') await log.append(dataOf(call.seed, call.sizes));
  else if (call.call === 'truncate') await log.truncate(Math.max(-1, call.lastToKeep));
  else if (call.call === 'trim') await log.trim(Math.max(0, call.discardUpTo));
  else await log.roll();
  say({ end: number });
}

for (;;) {
  const atOnce = random(3) === 0 ? 1 + random(12) : 1;
  await Promise.all(Array.from({ length: atOnce }, () => make(nextCall())));
}
