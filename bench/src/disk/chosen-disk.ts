import { readFileSync } from 'node:fs';
import { realpath, statfs } from 'node:fs/promises';

/** The file system that the logs are written to. */
export interface ChosenDisk {
  readonly mount: string;
  readonly type: string;
  readonly device: string;
  readonly freeBytes: number;
}

/** In memory: a sync costs nothing there, and nothing measured means anything. */
const IN_MEMORY: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'devtmpfs']);

/** @throws Error where the folder is in memory. */
export async function chooseDisk(folder: string): Promise<ChosenDisk> {
  const path = await realpath(folder);
  const disk = diskOf(path, readFileSync('/proc/self/mountinfo', 'utf8'));
  if (IN_MEMORY.has(disk.type)) {
    throw new Error(
      `${folder} is on ${disk.type}, which is in memory: a sync costs nothing there. ` +
        'Choose a folder on a disk with --disk FOLDER.',
    );
  }
  const { bavail, bsize } = await statfs(path);
  return { ...disk, freeBytes: bavail * bsize };
}

/** The mount that a path is in: of those that contain it the longest, of equal ones the last, which covers the others. */
export function diskOf(path: string, mountinfo: string): Omit<ChosenDisk, 'freeBytes'> {
  let found: Omit<ChosenDisk, 'freeBytes'> | undefined;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const mount = unescapeMount(before.split(' ')[4] ?? '');
    const [type = '', device = ''] = after.split(' ');
    const contains = mount === '/' || path === mount || path.startsWith(`${mount}/`);
    if (mount !== '' && contains && mount.length >= (found?.mount.length ?? 0)) {
      found = { mount, type, device };
    }
  }
  return found ?? { mount: '/', type: 'unknown', device: 'unknown' };
}

/** Spaces and the like are written as three octal digits there. */
function unescapeMount(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
