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

interface Variant {
  readonly name: string;
  readonly cachesIdentity: boolean;
  readonly constantCrc: number | undefined;
  readonly nodeOptions: readonly string[];
}

const WHOLE: Variant = {
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

/** What each measure of safety costs: the same load with it and without it in turn, each in a process of its own. */
export const safetyCost: Measurement = {
  name: 'safety-cost',
  title: 'what each measure of safety costs: the owner, the checksums, the durable offset',
  async run(settings): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const load of settings.quick ? LOADS.slice(0, 1) : LOADS) {
      figures.push(...(await costsUnder(load, settings)));
    }
    figures.push(...(await measureIdleMark(settings)));
    printFigures('what safety costs: the share of the time that is gained without it', figures);
    return figures;
  },
};

async function costsUnder(
  { name, ...load }: (typeof LOADS)[number],
  settings: Settings,
): Promise<Figure[]> {
  const cells = [WHOLE, ...WITHOUT].map((variant) => ({
    name: variant.name,
    run: () =>
      inTemporaryFolder(settings.folder, (folder) => {
        const { cachesIdentity, constantCrc, nodeOptions } = variant;
        const input: VariantInput = {
          folder,
          load: { ...load, durationMs: settings.roundMs },
          cachesIdentity,
          constantCrc,
        };
        return runJob<number>(VARIANT_PROCESS, input, nodeOptions);
      }),
  }));
  const rates = await interleave(cells, settings.rounds);
  const whole = rates.get(fslog().name) ?? [];
  return WITHOUT.map(({ name: contender }): Figure => {
    const rounds = rates.get(contender) ?? [];
    return {
      measurement: 'safety-cost',
      load: name,
      contender,
      metric: 'gain',
      unit: '%',
      rounds: ratiosByRound(rounds, whole).map((ratio) => (ratio - 1) * 100),
    };
  });
}
