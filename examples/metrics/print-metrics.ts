// The metrics of a log, as Prometheus gets them.
// npm run build && node examples/dist/metrics/print-metrics.js
import { openFsLog } from '@wal/fslog';
import { Registry } from 'prom-client';
import { observeFsLogs } from './prometheus.ts';

const registry = new Registry();
const stop = observeFsLogs(registry);

const log = await openFsLog('orders');
await Promise.all(['created', 'paid', 'shipped'].map((event) => log.append(Buffer.from(event))));
await log.close();

console.log(await registry.metrics()); // what a server gives at /metrics
stop();
