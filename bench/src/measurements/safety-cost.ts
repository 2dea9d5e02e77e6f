import { fslog } from '../contenders/fslog.ts';
import { inTemporaryFolder } from '../disk/temporary-folder.ts';
import type { Measurement, Settings } from '../measurement.ts';
import { CONSTANT_CRC } from '../process/constant-crc-value.ts';
import { runJob } from '../process/job.ts';
import type { VariantInput } from '../process/variant-process.ts';
import type { Figure } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import { interleave } from '../runner/interleave.ts';
import type { Load } from '../runner/load.ts';
import { ratiosByRound } from '../runner/statistics.ts';
import { measureIdleMark } from './idle-mark.ts';

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const VARIANT_PROCESS = new URL(`../process/variant-process.${extension}`, import.meta.url);
const CONSTANT_CRC_MODULE = new URL(`../process/constant-crc.${extension}`, import.meta.url);

/** Fslog, changed in one respect. */
export interface Variant extends Omit<VariantInput, 'folder' | 'load'> {
  readonly name: string;
  readonly nodeOptions: readonly string[];
}

export const WHOLE: Variant = {
  name: 'fslog',
  cachesIdentity: false,
  constantCrc: undefined,
  nodeOptions: [],
};
const WITHOUT: readonly Variant[] = [
  { ...WHOLE, name: 'without the look at the owner', cachesIdentity: true },
  {
    ...WHOLE,
    name: 'without checksums',
    constantCrc: CONSTANT_CRC,
    nodeOptions: ['--import', CONSTANT_CRC_MODULE.href],
  },
];

const LOADS: readonly (Omit<Load, 'durationMs'> & { readonly name: string })[] = [
  { name: '1 at once', callers: 1, batchRecords: 1, recordBytes: 256 },
  { name: '1,024 at once', callers: 1024, batchRecords: 1, recordBytes: 256 },
  { name: '1,000 a batch', callers: 1, batchRecords: 1000, recordBytes: 256 },
];
const SCAN_LOAD = 'scan by nextBatch';
const SCANNED_RECORDS = 300_000;

/** What each measure of safety costs: the same load with it and without it in turn, each in a process of its own. */
export const safetyCost: Measurement = {
  name: 'safety-cost',
  title: 'what each measure of safety costs: the owner, the checksums, the durable offset',
  async run(settings): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const { name, ...load } of settings.quick ? LOADS.slice(0, 1) : LOADS) {
      const timed = { ...load, durationMs: settings.roundMs };
      figures.push(...(await gainsUnder('safety-cost', name, timed, WITHOUT, settings)));
    }
    // A scan does not look who owns the log.
    const scan = { scannedRecords: settings.quick ? SCANNED_RECORDS / 10 : SCANNED_RECORDS };
    const checked = WITHOUT.filter(({ constantCrc }) => constantCrc !== undefined);
    figures.push(...(await gainsUnder('safety-cost', SCAN_LOAD, scan, checked, settings)));
    figures.push(...(await measureIdleMark(settings)));
    printFigures('what safety costs: how much faster it is without', figures);
    return figures;
  },
};

/** How much faster than the whole each variant is under a load, in per cent. */
export async function gainsUnder(
  measurement: string,
  name: string,
  load: VariantInput['load'],
  variants: readonly Variant[],
  settings: Settings,
): Promise<Figure[]> {
  const cells = [WHOLE, ...variants].map((variant) => ({
    name: variant.name,
    run: () =>
      inTemporaryFolder(settings.folder, (folder) => {
        const { name: _, nodeOptions, ...changes } = variant;
        const input: VariantInput = { folder, load, ...changes };
        return runJob<number>(VARIANT_PROCESS, input, nodeOptions);
      }),
  }));
  const rates = await interleave(cells, settings.rounds);
  const whole = rates.get(fslog().name) ?? [];
  return variants.map(({ name: contender }): Figure => {
    const rounds = rates.get(contender) ?? [];
    return {
      measurement,
      load: name,
      contender,
      metric: 'gain',
      unit: '%',
      rounds: ratiosByRound(rounds, whole).map((ratio) => (ratio - 1) * 100),
    };
  });
}
