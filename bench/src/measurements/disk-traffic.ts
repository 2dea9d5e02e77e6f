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

/** What a round asked of the disk. */
interface Traffic {
  readonly asked: number;
  readonly syncs: number;
  readonly recordsPerWrite: number;
  /** `undefined` where the system does not say. */
  readonly counted: number | undefined;
}

async function trafficOf(
  load: Omit<Load, 'durationMs'>,
  name: string,
  settings: Settings,
): Promise<Figure[]> {
  const rounds: Traffic[] = [];
  for (let i = 0; i < settings.rounds; i++) rounds.push(await trafficOnce(load, settings));
  const figure = (metric: string, unit: Unit, of: (round: Traffic) => number): Figure => ({
    measurement: 'disk-traffic',
    load: name,
    contender: 'fslog',
    metric,
    unit,
    rounds: rounds.map(of),
  });
  const figures = [
    figure('bytes asked by bytes appended', 'ratio', ({ asked }) => asked),
    figure('syncs', 'per s', ({ syncs }) => syncs),
    figure('records a write', 'count', ({ recordsPerWrite }) => recordsPerWrite),
  ];
  if (rounds.some(({ counted }) => counted === undefined)) return figures;
  const byKernel = ({ counted = 0 }: Traffic): number => counted;
  return [...figures, figure('bytes of the kernel by bytes appended', 'ratio', byKernel)];
}

function trafficOnce(load: Omit<Load, 'durationMs'>, settings: Settings): Promise<Traffic> {
  return inTemporaryFolder(settings.folder, async (folder) => {
    const { disk, calls } = countingDisk(nodeDisk);
    const before = writtenByProcess();
    const store = await fslog('fslog', { disk }).open(folder);
    const syncsBefore = calls.syncs;
    const result = await runLoad(store, { ...load, durationMs: settings.roundMs });
    const syncs = (calls.syncs - syncsBefore) / result.seconds;
    await store.close();
    const after = writtenByProcess();
    const appended = result.records * load.recordBytes;
    return {
      asked: calls.writtenBytes / appended,
      syncs,
      recordsPerWrite: result.records / calls.writes,
      counted:
        before === undefined || after === undefined ? undefined : (after - before) / appended,
    };
  });
}
