// Counts in histograms of prom-client what every fslog of a process does. See docs/OBSERVABILITY.md.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { FsLogMessages } from '@wal/fslog';
import { Counter, Histogram, type Registry } from 'prom-client';

/** From 50 µs, which a write to a fast disk takes, to 1.6 s. */
const SECONDS = [0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.4, 1.6];
/** How many records share a sync. */
const RECORDS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536];

/** Counts in `registry` what every fslog of this process does, until the function that it gives is called. */
export function observeFsLogs(registry: Registry): () => void {
  const registers = [registry];
  const phase = new Histogram({
    name: 'wal_append_group_seconds',
    help: 'What a group of appends spent waiting, being written and being synced',
    labelNames: ['phase'] as const,
    buckets: SECONDS,
    registers,
  });
  const group = new Histogram({
    name: 'wal_append_group_records',
    help: 'Records that shared a write and a sync',
    buckets: RECORDS,
    registers,
  });
  const bytes = new Counter({
    name: 'wal_written_bytes_total',
    help: 'Bytes written to segments',
    registers,
  });
  const rolls = new Counter({
    name: 'wal_rolls_total',
    help: 'Segments begun',
    labelNames: ['reason'] as const,
    registers,
  });
  const failures = new Counter({
    name: 'wal_failures_total',
    help: 'Logs that write no more',
    labelNames: ['code'] as const,
    registers,
  });

  const listeners: { [Name in keyof FsLogMessages]?: (message: FsLogMessages[Name]) => void } = {
    'wal:fslog:append': (message) => {
      phase.observe({ phase: 'queue' }, message.queueMs / 1000);
      phase.observe({ phase: 'write' }, message.writeMs / 1000);
      phase.observe({ phase: 'sync' }, message.syncMs / 1000);
      group.observe(message.records);
      bytes.inc(message.bytes);
    },
    'wal:fslog:roll': ({ reason }) => rolls.inc({ reason }),
    'wal:fslog:failure': ({ error }) => failures.inc({ code: error.code }),
  };
  const entries = Object.entries(listeners) as [string, (message: unknown) => void][];
  for (const [name, listener] of entries) subscribe(name, listener);
  return () => {
    for (const [name, listener] of entries) unsubscribe(name, listener);
  };
}
