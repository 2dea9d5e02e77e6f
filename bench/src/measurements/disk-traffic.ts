import { nodeDisk } from '@wal/fslog';
import { fslog } from '../contenders/fslog.ts';
import { countingDisk } from '../disk/counting-disk.ts';
import { writtenByProcess } from '../disk/process-traffic.ts';
import { inTemporaryFolder } from '../disk/temporary-folder.ts';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure, Unit } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import { type Load, runLoad } from '../runner/load.ts';

const LOADS: readonly (Omit<Load, 'durationMs'> & { readonly name: string })[] = [
  { name: '1 at once', callers: 1, batchRecords: 1, recordBytes: 256 },
  { name: '64 at once', callers: 64, batchRecords: 1, recordBytes: 256 },
  { name: '1,024 at once', callers: 1024, batchRecords: 1, recordBytes: 256 },
  { name: '1,000 a batch', callers: 1, batchRecords: 1000, recordBytes: 256 },
  { name: '64 KiB, 16 a batch', callers: 1, batchRecords: 16, recordBytes: 65536 },
];

/** What ours asks of the disk: headers, padding and the zeros ahead of the records are in it. */
export const diskTraffic: Measurement = {
  name: 'disk-traffic',
  title: 'bytes written for each byte appended, and syncs a second',
  async run(settings): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const load of LOADS) figures.push(...(await trafficOf(load, load.name, settings)));
    printFigures('what fslog asks of the disk', figures);
    return figures;
  },
};

function trafficOf(
  load: Omit<Load, 'durationMs'>,
  name: string,
  settings: Settings,
): Promise<Figure[]> {
  return inTemporaryFolder(settings.folder, async (folder) => {
    const { disk, calls } = countingDisk(nodeDisk);
    const before = writtenByProcess();
    const store = await fslog('fslog', { disk }).open(folder);
    const result = await runLoad(store, { ...load, durationMs: settings.roundMs * 2 });
    const syncsPerSecond = calls.syncs / result.seconds;
    await store.close();
    const after = writtenByProcess();
    const appended = result.records * load.recordBytes;
    const figure = (metric: string, unit: Unit, value: number): Figure => ({
      measurement: 'disk-traffic',
      load: name,
      contender: 'fslog',
      metric,
      unit,
      rounds: [value],
    });
    const figures = [
      figure('bytes asked by bytes appended', 'ratio', calls.writtenBytes / appended),
      figure('syncs', 'per s', syncsPerSecond),
      figure('records a write', 'count', result.records / calls.writes),
    ];
    if (before !== undefined && after !== undefined) {
      figures.push(
        figure('bytes of the kernel by bytes appended', 'ratio', (after - before) / appended),
      );
    }
    return figures;
  });
}
