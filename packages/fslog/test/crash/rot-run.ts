import {
  isSameState,
  readState,
  SimDisk,
  SimRandom,
  SimStorage,
  showState,
} from '@wal/conformance';
import { isLogError } from '@wal/core';
import type { openFsLog } from '@wal/fslog';
import { newRecord } from './numbered-records.ts';

const DIRECTORY = '/log';
const GROUPS = 5;
/** So many groups later than a byte prove that it was durable once. */
const LATER_GROUPS = 2;

/**
 * One seeded run in which a bit changes in the tail of a log that was not closed, in a place that later
 * batches prove to have been durable: the log must refuse it, and say where, or hold every record.
 */
export async function runRot(seed: number, open: typeof openFsLog): Promise<void> {
  const random = new SimRandom(seed);
  const storage = new SimStorage();
  const disk = new SimDisk(storage);
  const log = await open(DIRECTORY, { disk, segmentBytes: 4096, preallocate: random.chance(0.5) });
  const ends: number[] = [];
  for (let i = 0; i < GROUPS; i++) {
    await log.append(newRecord(random.integer(1, 300)));
    ends.push(tailOf(storage)[1].findLastIndex((byte) => byte !== 0) + 1);
  }
  const state = await readState(log);
  disk.kill();
  const [path, found] = tailOf(storage);
  const bytes = found.slice();
  const at = random.integer(0, (ends.at(-1 - LATER_GROUPS) as number) - 1);
  bytes[at] = (bytes[at] as number) ^ (1 << random.integer(0, 7));
  storage.put(path, bytes);
  try {
    const reopened = await readState(await open(DIRECTORY, { disk: new SimDisk(storage) }));
    if (isSameState(reopened, state)) return;
    throw new Error(
      `byte ${at} changed: found ${showState(reopened)}\nmust be ${showState(state)}`,
    );
  } catch (error) {
    const isRefusal =
      isLogError(error, 'ERR_LOG_CORRUPT') &&
      path.endsWith(`/${error.segment}`) &&
      (error.byteOffset ?? Number.POSITIVE_INFINITY) <= at;
    if (!isRefusal) throw new Error(`CRASH_SEED=${seed} rot\n${error}`, { cause: error });
  }
}

function tailOf(storage: SimStorage): readonly [string, Uint8Array] {
  const segments = [...storage.files(DIRECTORY)].filter(([path]) => path.endsWith('.wal'));
  return segments.at(-1) as [string, Uint8Array];
}
