import * as fs from 'node:fs';

/** Makes the names in a directory durable. Windows has no handle of a directory to sync, and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await fs.promises.open(path, 'r');
  try {
    await directory.datasync();
  } finally {
    await directory.close().catch(() => undefined); // What matters was said by the sync.
  }
}
