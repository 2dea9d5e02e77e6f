import { parentPort, workerData } from 'node:worker_threads';
import { openFsLog } from '@wal/fslog';
import { fill } from './records.ts';

/*
 * A worker thread that opens a log, appends 3 records, says so, and at the next message goes on as it is told: without
 * closing the log in any case.
 */
const port = parentPort;
if (port === null) throw new Error('this is a worker thread');
const { directory } = workerData as { directory: string };
const log = await openFsLog(directory);
await fill(log, 3);
port.once('message', async (order: 'append' | 'throw' | 'run out') => {
  if (order === 'throw') throw new Error('as a worker ends that has a bug');
  if (order === 'append') {
    await fill(log, 1);
    port.postMessage(log.lastId);
    port.ref();
  }
});
port.postMessage(log.lastId);
