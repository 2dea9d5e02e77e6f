import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { type FsLog, type FsLogOptions, openFsLog } from '@wal/fslog';
import { onTestFinished } from 'vitest';
import { unsyncedDisk } from './unsynced-disk.ts';

/** A new directory that is removed when the test ends, however it ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fslog-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens a log, on a disk without syncs unless one is given. It is closed when the test ends, however it ends. */
export async function openLog(directory: string, options?: FsLogOptions): Promise<FsLog> {
  const log = await openFsLog(directory, { disk: unsyncedDisk, ...options });
  onTestFinished(() => log.close().catch(() => undefined));
  return log;
}

/** What `LOCK` holds changes with every opening. */
const isLock = (name: string): boolean => name === 'LOCK' || name.startsWith('LOCK/');

/** Every file below a directory with its length and digest, for comparing. */
export async function snapshot(directory: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(directory, path);
    if (isLock(name)) continue;
    if (entry.isFile()) {
      const bytes = await readFile(path);
      files[name] = `${bytes.length} ${createHash('sha256').update(bytes).digest('hex')}`;
    } else {
      files[name] = 'directory';
    }
  }
  return files;
}

/** The names of the segment files of a log, in order. */
export async function segmentFiles(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.wal')).sort();
}
