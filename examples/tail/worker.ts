// A process that tails a log which another one writes, and prints what it knows; SIGTERM or SIGINT ends it.
// npm run build && node examples/dist/tail/worker.js LOG-DIRECTORY VIEW-FILE
import { openFsLog } from '@wal/fslog';
import { countEvents } from './count-events.ts';

const [directory = 'orders', viewPath = 'view.json'] = process.argv.slice(2);
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

const log = await openFsLog(directory, { readOnly: true }); // beside its writer: no lock is taken, nothing is changed
try {
  const onView = (view: object) => console.log(JSON.stringify(view));
  await countEvents(log, { viewPath, signal: stop.signal, onView });
} catch (error) {
  if (!stop.signal.aborted) throw error;
} finally {
  await log.close();
}
