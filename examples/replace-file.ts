// Replaces a file as a whole: after a crash it has the old text or the new one, and nothing else. The examples keep
// snapshots and positions so. One call at a time for each path.
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nodeDisk } from '@wal/fslog';

/** When it resolves, the file at `path` has this text and a power cut does not change that. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(text);
    await file.sync(); // Before the rename: a name that came first could be of an empty file.
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  await nodeDisk.syncDirectory(dirname(path)); // The new name is durable only now.
}
