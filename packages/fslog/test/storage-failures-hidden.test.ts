import { SimDisk, SimRandom, SimStorage } from '@wal/conformance';
import type { Disk } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { content, fill, readAll, readIds, recordOf, recordsOf } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { unsyncedDisk } from './support/unsynced-disk.ts';
import { inputOutputError } from './support/watched-disk.ts';

test('a failed sync of the preallocation poisons, though no sync of the writer fails', async () => {
  const directory = await temporaryDirectory();
  let failed: () => void = () => undefined;
  const failing = new Promise<void>((resolve) => {
    failed = resolve;
  });
  const sync = async (): Promise<void> => {
    failed();
    throw inputOutputError();
  };
  const disk: Disk = {
    ...unsyncedDisk,
    open: async (path, mode) => {
      const file = await unsyncedDisk.open(path, mode);
      return mode === 'write' && path.endsWith('.wal') ? { ...file, sync } : file;
    },
  };
  const log = await openLog(directory, { disk, segmentBytes: 1_048_576 });
  await fill(log, 1);
  await failing;
  await rejection(log.append(content(1, 60_000)), 'ERR_LOG_FAILED');
  await rejection(log.append(recordOf(2)), 'ERR_LOG_FAILED');
  expect(await readIds(log)).toEqual([1]);
});

test('a write that fails though all of it is there has an unknown outcome, and stays', async () => {
  const directory = await temporaryDirectory();
  let isFailing = false;
  const disk: Disk = {
    ...unsyncedDisk,
    create: async (path) => {
      const file = await unsyncedDisk.create(path);
      const write = async (bytes: Uint8Array, position: number): Promise<number> => {
        const written = await file.write(bytes, position);
        if (isFailing && path.endsWith('.wal')) throw inputOutputError();
        return written;
      };
      return { ...file, write };
    },
  };
  const log = await openLog(directory, { disk, preallocate: false });
  await fill(log, 3);
  isFailing = true;
  // Another owner may have counted it in by now.
  await rejection(log.append(recordOf(4)), 'ERR_LOG_OUTCOME_UNKNOWN');
  await log.close();
  expect(await readAll(await openLog(directory))).toEqual(recordsOf(1, 4));
});

test('CRASH-1 what a refused write left does not come back where the next one, cut off, completes it', async () => {
  // Both end in zeros: what is missing of the first is there once the file has grown.
  const [refused, next] = [0xaa, 0xbb].map((byte) => new Uint8Array(1500).fill(byte, 0, 9));
  let state: 'well' | 'full' | 'full behind' | 'dying' = 'well';
  const storage = new SimStorage();
  const disk = new SimDisk(storage, {
    fault: ({ kind, path, length }) => {
      const isBatch = kind === 'write' && path.endsWith('.wal') && length > 1000;
      if (!isBatch || !state.startsWith('full')) return undefined;
      if (state === 'full behind') return { error: 'ENOSPC' };
      state = 'full behind';
      return { writtenBytes: 200 };
    },
    gate: ({ kind, path }) =>
      state === 'dying' && kind === 'sync' && path.endsWith('.wal')
        ? new Promise(() => undefined)
        : undefined,
  });
  const log = await openFsLog('/log', { disk, preallocate: false });
  await fill(log, 1);
  state = 'full';
  await rejection(log.append(refused as Uint8Array), 'ERR_LOG_NO_SPACE');
  state = 'dying';
  void log.append(next as Uint8Array);
  await new Promise((resolve) => setImmediate(resolve));
  const counts = new Set<number>();
  for (let seed = 0; seed < 100; seed++) {
    const left = storage.afterPowerLoss(new SimRandom(seed));
    const again = await openFsLog('/log', { disk: new SimDisk(left), preallocate: false });
    const records = await readAll(again);
    counts.add(records.length);
    for (const { data } of records.slice(1)) expect(data).toEqual(next);
  }
  expect([...counts].sort()).toEqual([1, 2]);
});
