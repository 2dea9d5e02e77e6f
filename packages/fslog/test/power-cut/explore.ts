import { spawn, spawnSync } from 'node:child_process';
import { accessSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { compiledScript } from '../support/compiled-sources.ts';
import type { ExplorationReport, ExplorationTask } from './exploration.ts';
import type { FileSystemName } from './file-systems.ts';

/** Mounts and processes of its own, which end with the first of the processes. */
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'] as const;

/** Lets go of the devices of other tests, whose mounts came along, before it runs what follows. */
const WITHOUT_OTHERS = [
  'sh',
  '-c',
  `awk -v tmp="$0" 'index($2, tmp) == 1 && /\\/mounted / { print $2 }' /proc/self/mounts | xargs -r -n 1 umount --lazy
  exec "$@"`,
  join(tmpdir(), 'fslog-'),
] as const;

function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'fslog-power-cut-'));
}

/** Why power cannot be cut here; `undefined`: it can. */
export function whyNoPowerCuts(fileSystem: FileSystemName): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs to be root, to mount';
  for (const device of ['/dev/fuse', '/dev/loop-control']) {
    try {
      accessSync(device);
    } catch {
      return `needs ${device}`;
    }
  }
  for (const program of ['qemu-storage-daemon', `mkfs.${fileSystem}`, 'unshare', 'mount']) {
    if (spawnSync(program, ['--version']).error !== undefined) return `needs ${program}`;
  }
  return whyNoMount(fileSystem);
}

/** Tries: in a container it may be forbidden even to root. */
function whyNoMount(fileSystem: FileSystemName): string | undefined {
  const directory = temporaryDirectory();
  const script = `mount -t tmpfs none "$1" && cd "$1" && truncate -s 300M device && mkfs.${fileSystem} -q device &&
    mkdir mounted && mount -o loop device mounted && umount mounted`;
  try {
    const command = [...NAMESPACES, 'sh', '-c', script, 'sh', directory];
    const { status, stderr } = spawnSync('unshare', command, {
      encoding: 'utf8',
      timeout: 120_000,
    });
    if (status === 0) return undefined;
    return `needs to mount ${fileSystem} on a loop device: ${stderr.trim().replace(/\s+/g, ' ')}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Explores in a process of its own, which ends with the test. */
export async function explore(task: ExplorationTask): Promise<ExplorationReport> {
  const directory = temporaryDirectory();
  const command = [
    ...NAMESPACES,
    ...WITHOUT_OTHERS,
    process.execPath,
    compiledScript('test/power-cut/exploration-process'),
  ];
  const child = spawn('unshare', [...command, directory, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  const code = await exited;
  if (code !== 0) throw new Error(`the exploration exited ${code}, ${JSON.stringify(task)}`);
  return JSON.parse(output) as ExplorationReport;
}
