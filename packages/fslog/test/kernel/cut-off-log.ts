import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readSegment } from '../support/log-files.ts';
import { segmentFiles } from '../support/temporary-log.ts';
import { WorkloadModel } from '../support/workload.ts';
import { cutOff } from './scenario.ts';
import { Victim } from './victim.ts';

/** Leaves a log as a process does that is killed, with the first part of a batch behind the last one. */
export async function leaveCutOff(directory: string): Promise<WorkloadModel> {
  const victim = await Victim.start();
  const model = new WorkloadModel(1, []);
  for (const calls of cutOff(directory)) {
    for (const call of calls) {
      await victim.succeed(call);
      if (call.call === 'append' || call.call === 'truncate') model.apply(call);
    }
  }
  await victim.kill();
  const name = (await segmentFiles(directory)).at(-1) as string;
  const { bytes, batches, end } = await readSegment(directory, name);
  const last = batches.at(-1)?.byteOffset as number;
  const torn = bytes.slice(last, last + 100);
  expect(torn.length).toBe(100);
  const found = new Uint8Array(Math.max(bytes.length, end + 100));
  found.set(bytes);
  found.set(torn, end);
  await writeFile(join(directory, name), found);
  return model;
}
