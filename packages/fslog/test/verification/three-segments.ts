import { type LogProblem, verifyFsLog } from '@wal/fslog';
import { editFile } from '../support/log-files.ts';
import { fill } from '../support/records.ts';
import { openLog, segmentFiles, temporaryDirectory } from '../support/temporary-log.ts';

/** Thirty records in three segments, each record a batch of its own. */
export async function threeSegments(size = 32): Promise<{ directory: string; names: string[] }> {
  const directory = await temporaryDirectory();
  const log = await openLog(directory);
  for (let i = 0; i < 3; i++) {
    if (i > 0) await log.roll();
    await fill(log, 10, size);
  }
  await log.close();
  return { directory, names: await segmentFiles(directory) };
}

export async function flip(path: string, ...places: number[]): Promise<void> {
  await editFile(path, (bytes) => {
    for (const at of places) bytes[at] = (bytes[at] as number) ^ 1;
    return undefined;
  });
}

/** The problems, notes apart. */
export async function grave(directory: string): Promise<LogProblem[]> {
  const { problems } = await verifyFsLog(directory);
  return problems.filter(({ severity }) => severity !== 'note');
}
