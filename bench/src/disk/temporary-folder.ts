import { mkdtemp, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER_PREFIX = 'wal-bench-';

/** Runs with a new empty folder in `parent`, which is gone afterwards, also after a failure. */
export async function inTemporaryFolder<Result>(
  parent: string,
  run: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(parent, FOLDER_PREFIX));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    await syncFolder(parent);
  }
}

/** What the removal left to be written is written now: the next to sync shall not pay for it. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
