import { access, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '@wal/core';
import { type Address, parseAddress } from '../address/address.ts';
import { bucketSettings } from '../address/bucket-settings.ts';
import { loadS3log } from '../address/load-s3log.ts';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';

/** A log of its own to measure with. */
export interface BenchPlace {
  /** As an address. */
  readonly name: string;
  readonly backend: 'fslog' | 's3log' | 'memlog';
  readonly log: Log;
  /** Closes the log and removes all of it. */
  remove(): Promise<void>;
}

const PREFIX = 'wal-bench-';

/** Makes a log at a place of its own under the address. @throws CommandError where a log is there */
export async function openBenchPlace(text: string, env: NodeJS.ProcessEnv): Promise<BenchPlace> {
  const address = parseAddress(text);
  switch (address.kind) {
    case 'directory':
      return await openInDirectory(address.path);
    case 'bucket':
      return await openInBucket(address, env);
    case 'memory':
      return await openInMemory();
  }
}

/** In a new folder of the directory; where there is no directory, at its path. */
async function openInDirectory(path: string): Promise<BenchPlace> {
  const { openFsLog } = await import('@wal/fslog');
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (await isFile(join(path, 'META'))) {
    throw isLog(path, 'the directory that it is in');
  }
  const directory = isThere ? await mkdtemp(join(path, PREFIX)) : path;
  if (!isThere) await mkdir(directory);
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const log = await openFsLog(directory);
    return { name: directory, backend: 'fslog', log, remove: () => closeQuietly(log).then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function openInBucket(
  { bucket, key }: Extract<Address, { kind: 'bucket' }>,
  env: NodeJS.ProcessEnv,
): Promise<BenchPlace> {
  const { createS3Store, openS3Log } = await loadS3log(env);
  const store = createS3Store(bucketSettings(bucket, env));
  const folder = key === '' || key.endsWith('/') ? key : `${key}/`;
  const own = `${folder}${PREFIX}${crypto.randomUUID()}/`;
  const remove = async (): Promise<void> => {
    for (;;) {
      const entries = await store.list(own);
      if (entries.length === 0) break;
      await store.delete(entries.map((entry) => entry.key));
    }
    store.destroy();
  };
  try {
    const [root] = await store.list(`${folder}root/`, { limit: 1 });
    if (root !== undefined) throw isLog(`s3://${bucket}/${key}`, 'another prefix');
    const log = await openS3Log({ store, prefix: own });
    const name = `s3://${bucket}/${own}`;
    return { name, backend: 's3log', log, remove: () => closeQuietly(log).then(remove) };
  } catch (error) {
    await remove().catch(() => undefined); // The first failure says more.
    throw error;
  }
}

async function openInMemory(): Promise<BenchPlace> {
  const { createMemLog } = await import('@wal/memlog');
  const log = createMemLog();
  return { name: 'mem:', backend: 'memlog', log, remove: () => log.close() };
}

/** It is to be removed: what closing it says does not matter. */
async function closeQuietly(log: Log): Promise<void> {
  await log.close().catch(() => undefined);
}

async function isFile(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function isLog(name: string, instead: string): CommandError {
  return new CommandError(`${name} is a log, and stays as it is: give ${instead}`, EXIT.failed);
}
