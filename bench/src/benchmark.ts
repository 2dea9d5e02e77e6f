import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Arguments } from './arguments.ts';
import { leftOutPeers, peerNotes } from './contenders/peers.ts';
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
const ROUND_MS = 450;
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
  if (result.quick) console.log('\nThis was --quick: it ran, and its figures mean little.');
  const output = options.output ?? (options.updateDocs ? PUBLISHED : LATEST);
  if (output !== options.from) writeResult(output, result);
  printFileName(output, result.seconds);
  if (result.failed.length > 0) throw new Error(`failed: ${result.failed.join(', ')}`);
  if (options.updateDocs) await updateDocuments(result);
  return result;
}

/** Measures what the arguments name, and prints it. */
async function measure(options: Arguments, isStopped: () => boolean): Promise<Result> {
  const disk = await chooseDisk(options.disk);
  if (options.withPeers) installThirdParty();
  const leftOut = options.withPeers ? leftOutPeers() : [];
  const peers = options.withPeers ? peerNotes() : [];
  const machine = machineOf(disk);
  printStart(machine, disk, peers, leftOut);
  const startedAt = performance.now();
  const failed: string[] = [];
  const figures = await measureAll(options, disk, isStopped, failed);
  return newResult({
    date: new Date().toISOString(),
    seconds: Math.round((performance.now() - startedAt) / 1000),
    rounds: options.rounds,
    quick: options.quick,
    machine,
    versions: versions(),
    peers,
    leftOut,
    failed,
    bars: checkBars(BARS, figures),
    figures,
  });
}

/** Each in a process of its own, in one folder that is gone afterwards. */
function measureAll(
  { names, disk: parent, rounds, quick, withPeers }: Arguments,
  { freeBytes }: ChosenDisk,
  isStopped: () => boolean,
  failed: string[],
): Promise<Figure[]> {
  return inTemporaryFolder(parent, async (folder) => {
    const settings: Settings = {
      folder,
      rounds,
      roundMs: quick ? 100 : ROUND_MS,
      quick,
      withPeers,
      freeBytes,
    };
    const figures: Figure[] = [];
    for (const name of names) {
      if (isStopped()) throw new Error('stopped');
      const { nodeOptions } = measurementOf(name);
      try {
        const input = { name, settings };
        figures.push(...(await runJob<Figure[]>(MEASUREMENT_PROCESS, input, nodeOptions)));
      } catch (error) {
        if (isStopped()) throw error;
        // The others are worth having all the same; the exit code tells of this one.
        console.error(`\n${name} failed: ${error instanceof Error ? error.message : error}`);
        failed.push(name);
      }
    }
    return figures;
  });
}
