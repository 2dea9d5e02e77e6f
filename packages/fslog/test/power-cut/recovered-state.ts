import type { Disk } from '@wal/core';
import { type FsLog, nodeDisk, openFsLog } from '@wal/fslog';
import { stolenLock } from '../support/stolen-lock.ts';
import { dataOf, type WorkloadCall, type WorkloadModel } from '../support/workload.ts';
import { contentOf, contentOfModel, type LogContent } from './log-content.ts';
import { contentsOf, type PossibleStates, Violation } from './timeline.ts';

const OPTIONS = { segmentBytes: 8192 } as const;

/** Takes over from an owner that is still there, as from one that died. */
const takingOver: Disk = {
  ...nodeDisk,
  lock: async () => ({ ...(await stolenLock()), isGone: () => true }),
};

async function withLog<T>(log: FsLog, use: (log: FsLog) => Promise<T>): Promise<T> {
  try {
    return await use(log);
  } finally {
    await log.close().catch(() => undefined); // Another has taken it over.
  }
}

/**
 * Recovers the log that a power cut has left; recovers it again from an owner that dies right then; and works on
 * with it. Throws a Violation unless it is one of those that it may be, and stays that.
 */
export async function checkRecovery(directory: string, possible: PossibleStates): Promise<void> {
  const first = await opened(directory, {});
  await withLog(first, async () => {
    const found = await readable(first);
    const state = possible.find(({ content }) => content === found);
    if (state === undefined) {
      throw new Violation(`recovered ${found}, which is none of ${contentsOf(possible)}`);
    }
    const model = state.model.copy();
    const second = await opened(directory, { disk: takingOver });
    await withLog(second, async () => {
      expectContent(await readable(second), model, 'recovered again');
      const call: WorkloadCall = { call: 'append', seed: second.nextId, sizes: [100, 0, 5000] };
      await second.append(dataOf(call.seed, call.sizes)).catch((error: unknown) => {
        throw new Violation(`takes no append: ${String(error)}`);
      });
      model.apply(call);
    });
    const last = await opened(directory, { readOnly: true });
    await withLog(last, async () => expectContent(await readable(last), model, 'after an append'));
  });
}

async function opened(directory: string, options: object): Promise<FsLog> {
  try {
    return await openFsLog(directory, { ...OPTIONS, ...options });
  } catch (error) {
    throw new Violation(`does not open: ${String(error)}`);
  }
}

async function readable(log: FsLog): Promise<LogContent> {
  try {
    return await contentOf(log);
  } catch (error) {
    throw new Violation(`opens, and does not read: ${String(error)}`);
  }
}

function expectContent(found: string, model: WorkloadModel, when: string): void {
  const expected = contentOfModel(model);
  if (found !== expected) throw new Violation(`${when} it holds ${found}, not ${expected}`);
}
