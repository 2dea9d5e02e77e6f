import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Arguments } from './arguments.ts';
import { leftOutPeers, peerNotes } from './contenders/peers.ts';
import { installThirdParty } from './contenders/third-party.ts';
import { type ChosenDisk, chooseDisk } from './disk/chosen-disk.ts';
import { inTemporaryFolder } from './disk/temporary-folder.ts';
import { updateDocuments } from './document/update-documents.ts';
import type { Settings } from './measurement.ts';
import { isOfS3, measurementOf } from './measurements/all.ts';
import { runJob } from './process/job.ts';
import { checkBars } from './result/bar.ts';
import { BARS } from './result/bars.ts';
import type { Figure } from './result/figure.ts';
import { machineOf } from './result/machine.ts';
import { publishedPath, readPublished } from './result/published.ts';
import { newResult, type Result, readResult, writeResult } from './result/result.ts';
import { printBars, printComparison, printFileName, printStart } from './result/summary.ts';
import { s3Versions, versions } from './result/versions.ts';

const MEASUREMENT_PROCESS = new URL(
  `./process/measurement-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);
const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));
const ROUND_MS = 450;
const LATEST = join(RESULTS, 'latest.json');

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
  const { run } = options;
  const published = options.updateDocs && run !== undefined ? publishedPath(run) : undefined;
  const output = options.output ?? published ?? LATEST;
  if (output !== options.from) writeResult(output, result);
  printFileName(output, result.seconds);
  if (result.failed.length > 0) throw new Error(`failed: ${result.failed.join(', ')}`);
  if (run !== undefined && published !== undefined) {
    await updateDocuments({ ...readPublished(), [run]: result });
  }
  return result;
}

/** Measures what the arguments name, and prints it. */
async function measure(options: Arguments, isStopped: () => boolean): Promise<Result> {
  const disk = await chooseDisk(options.disk);
  const withPeers = options.withPeers && !options.names.every(isOfS3);
  if (withPeers || options.updateDocs) installThirdParty();
  const unmeasurable = options.names.flatMap((name) => {
    const reason = measurementOf(name).whyNot?.();
    return reason === undefined ? [] : [{ name, reason }];
  });
  const leftOut = [...(withPeers ? leftOutPeers() : []), ...unmeasurable];
  const peers = withPeers ? peerNotes() : [];
  const machine = machineOf(disk);
  printStart(machine, disk, peers, leftOut);
  const startedAt = performance.now();
  const failed: string[] = [];
  const names = options.names.filter((name) => unmeasurable.every((one) => one.name !== name));
  const figures = await measureAll({ ...options, names }, disk, isStopped, failed);
  return newResult({
    date: new Date().toISOString(),
    seconds: Math.round((performance.now() - startedAt) / 1000),
    rounds: options.rounds,
    quick: options.quick,
    machine,
    versions: options.names.every(isOfS3) ? s3Versions() : versions(),
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
