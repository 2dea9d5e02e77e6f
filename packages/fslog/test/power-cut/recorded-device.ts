import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { mountFile, runCommand, unmount } from './commands.ts';
import type { FileSystem } from './file-systems.ts';
import type { SparseImage } from './sparse-image.ts';
import { flushedEntries } from './write-log.ts';

const LIMIT_MS = 60_000;

/** Rarer than ever: the count in the write log changes with each flush, and only then. */
const COUNT_INTERVAL = 1_000_000_000;

/**
 * A device that records all that is done to it: a file below a filter of qemu, which FUSE shows as a file
 * again. What is done is in the write log before it is reported as done, so the log knows what each flush covers.
 */
export class RecordedDevice {
  readonly writeLog: string;
  readonly mountPoint: string;
  /** The device, as a file. */
  readonly path: string;
  readonly #directory: string;
  readonly #fileSystem: FileSystem;
  readonly #daemon: ChildProcess;
  readonly #exited: Promise<void>;
  #isMounted = false;

  private constructor(directory: string, fileSystem: FileSystem) {
    this.#directory = directory;
    this.#fileSystem = fileSystem;
    this.path = join(directory, 'device');
    this.writeLog = join(directory, 'writes');
    this.mountPoint = join(directory, 'mounted');
    const file = (name: string, path: string): string[] => [
      '--blockdev',
      `driver=file,node-name=${name},filename=${path}`,
    ];
    const filter = `driver=blklogwrites,node-name=recorder,file=bytes,log=writes,log-sector-size=512,log-super-update-interval=${COUNT_INTERVAL}`;
    const shown = `type=fuse,id=device,node-name=recorder,mountpoint=${this.path},writable=on`;
    this.#daemon = spawn(
      'qemu-storage-daemon',
      [
        ...file('bytes', join(directory, 'bytes')),
        ...file('writes', this.writeLog),
        ...['--blockdev', filter, '--export', shown],
        ...['--pidfile', join(directory, 'pid')],
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    this.#exited = new Promise((resolve) => {
      this.#daemon.once('error', () => resolve());
      this.#daemon.once('close', () => resolve());
    });
  }

  /** Starts one in a new directory, that holds an image; or, without one, a new file system. */
  static async start(
    directory: string,
    fileSystem: FileSystem,
    image: SparseImage | undefined,
  ): Promise<RecordedDevice> {
    mkdirSync(join(directory, 'mounted'), { recursive: true });
    for (const name of ['device', 'writes', 'bytes']) writeFileSync(join(directory, name), '');
    if (image === undefined) truncateSync(join(directory, 'bytes'), fileSystem.deviceBytes);
    else image.save(join(directory, 'bytes'));
    const device = new RecordedDevice(directory, fileSystem);
    try {
      await device.#started();
      if (image === undefined) await fileSystem.make(device.path);
    } catch (error) {
      await device.stop();
      throw error;
    }
    return device;
  }

  async #started(): Promise<void> {
    const end = performance.now() + LIMIT_MS;
    while (!existsSync(join(this.#directory, 'pid'))) {
      const { exitCode } = this.#daemon;
      if (exitCode !== null || performance.now() > end) {
        throw new Error(`qemu-storage-daemon does not start, exit code ${exitCode}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async mount(): Promise<void> {
    await mountFile(this.path, this.mountPoint, this.#fileSystem.mountOptions);
    this.#isMounted = true;
  }

  /** Flushes all that is written to the file system; gives how many entries the write log has then. */
  async flush(): Promise<number> {
    await runCommand('sync', '-f', this.mountPoint);
    const fd = openSync(this.writeLog, 'r');
    try {
      return flushedEntries(fd);
    } finally {
      closeSync(fd);
    }
  }

  async unmount(): Promise<void> {
    await unmount(this.mountPoint);
    this.#isMounted = false;
  }

  /** Ends it; its directory is gone then. */
  async stop(): Promise<void> {
    if (this.#isMounted) await this.unmount();
    this.#daemon.kill('SIGTERM');
    const timer = setTimeout(() => this.#daemon.kill('SIGKILL'), LIMIT_MS);
    await this.#exited;
    clearTimeout(timer);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
