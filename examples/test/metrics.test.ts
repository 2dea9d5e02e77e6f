import { openFsLog } from '@wal/fslog';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test, vi } from 'vitest';
import { observeFsLogs } from '../metrics/prometheus.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('groups of appends are in the histograms of prom-client, until it is stopped', async () => {
  const registry = new Registry();
  const stop = observeFsLogs(registry);
  const log = await openFsLog(await temporaryFolder());
  await Promise.all(Array.from({ length: 10 }, () => log.append(new Uint8Array(100))));
  await log.append(new Uint8Array(100));
  stop();
  await log.append(new Uint8Array(100));
  await log.close();
  const lines = (await registry.metrics()).split('\n');
  expect(lines).toContain('wal_append_group_records_count 2');
  expect(lines).toContain('wal_append_group_records_sum 11');
  expect(lines).toContain('wal_append_group_records_bucket{le="1"} 1');
  expect(lines).toContain('wal_append_group_seconds_count{phase="write"} 2');
  expect(lines).toContain('wal_rolls_total{reason="first"} 1');
  const written = lines.find((line) => line.startsWith('wal_written_bytes_total'));
  expect(Number(written?.split(' ')[1])).toBe(64 + 10 * 104 + (64 + 104));
});

test('the example prints what a server would give', async () => {
  const directory = await temporaryFolder();
  const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const workingDirectory = process.cwd();
  process.chdir(directory);
  onTestFinished(() => {
    process.chdir(workingDirectory);
    printed.mockRestore();
  });
  await import('../metrics/print-metrics.ts');
  expect(String(printed.mock.calls[0])).toContain('wal_append_group_records_sum 3');
});
