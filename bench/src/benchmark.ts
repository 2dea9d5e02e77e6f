import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Arguments } from './arguments.ts';
import { leftOutPeers } from './contenders/peers.ts';
import { installThirdParty } from './contenders/third-party.ts';
import { type ChosenDisk, chooseDisk } from './disk/chosen-disk.ts';
import { inTemporaryFolder } from './disk/temporary-folder.ts';
import { updateDocuments } from './document/update-documents.ts';
import type { Settings } from './measurement.ts';
import { measurementOf } from './measurements/all.ts';
import { runJob } from './process/job.ts';
import { checkBars } from './result/bar.ts';
import { BARS } from './result/bars.ts';
import type { Figure } from './result/figure.ts';
import { machineOf } from './result/machine.ts';
import { newResult, type Result, readResult, writeResult } from './result/result.ts';
import { printBars, printComparison, printFileName, printStart } from './result/summary.ts';
import { versions } from './result/versions.ts';

const MEASUREMENT_PROCESS = new URL(
  `./process/measurement-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);
const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));
const LATEST = join(RESULTS, 'latest.json');
const PUBLISHED = join(RESULTS, 'published.json');

/** Does what the arguments say. */
export async function runBenchmark(
  options: Arguments,
  isStopped: () => boolean = () => false,
): Promise<Result> {
  const before = options.compare === undefined ? undefined : readResult(options.compare);
  const result =
    options.from === undefined ? await measure(options, isStopped) : readResult(options.from);
  if (before !== undefined) printComparison(before, result);
  printBars(result.bars);
  const output = options.output ?? (options.updateDocs ? PUBLISHED : LATEST);
  if (output !== options.from) writeResult(output, result);
  printFileName(output, result.seconds);
  if (options.updateDocs) await updateDocuments(result);
  return result;
}

/** Measures what the arguments name, and prints it. */
async function measure(options: Arguments, isStopped: () => boolean): Promise<Result> {
  const disk = await chooseDisk(options.disk);
  if (options.withPeers) installThirdParty();
  const leftOut = options.withPeers ? leftOutPeers() : [];
  const machine = machineOf(disk);
  printStart(machine, disk, leftOut);
  const startedAt = performance.now();
  const figures = await measureAll(options, disk, isStopped);
  return newResult({
    date: new Date().toISOString(),
    seconds: Math.round((performance.now() - startedAt) / 1000),
    rounds: options.rounds,
    quick: options.quick,
    machine,
    versions: versions(),
    leftOut,
    bars: checkBars(BARS, figures),
    figures,
  });
}

/** Each in a process of its own, in one folder that is gone afterwards. */
function measureAll(
  { names, disk: parent, rounds, quick, withPeers }: Arguments,
  { freeBytes }: ChosenDisk,
  isStopped: () => boolean,
): Promise<Figure[]> {
  return inTemporaryFolder(parent, async (folder) => {
    const settings: Settings = {
      folder,
      rounds,
      roundMs: quick ? 100 : 600,
      quick,
      withPeers,
      freeBytes,
    };
    const figures: Figure[] = [];
    for (const name of names) {
      if (isStopped()) throw new Error('stopped');
      const { nodeOptions } = measurementOf(name);
      figures.push(
        ...(await runJob<Figure[]>(MEASUREMENT_PROCESS, { name, settings }, nodeOptions)),
      );
    }
    return figures;
  });
}
