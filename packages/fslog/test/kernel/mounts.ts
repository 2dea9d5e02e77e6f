import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from '../support/temporary-log.ts';
import { run } from './programs.ts';

/**
 * Longer than any process may keep what it got with a copy of all mounts; and less than the minute for which the test
 * runner waits for a thread that stands still.
 */
const RELEASE_LIMIT_MS = 50_000;
const RELEASE_STEP_MS = 5;

/** A file system of its own, unmounted when the test ends, however it ends. */
export class Mount {
  readonly path: string;
  /** What is mounted, if it is a device: `loop0`. */
  device = '';
  #isMounted = false;

  private constructor(path: string) {
    this.path = path;
  }

  static async tmpfs(options: string): Promise<Mount> {
    const mount = await Mount.#at();
    mount.#do('-t', 'tmpfs', '-o', options, 'none');
    return mount;
  }

  /** A file system of `bytes`, made by `program`. Its blocks are kept in memory. */
  static async made(bytes: number, program: string, ...flags: readonly string[]): Promise<Mount> {
    const under = await Mount.tmpfs(`size=${bytes}`);
    const image = join(under.path, 'image');
    writeFileSync(image, '');
    truncateSync(image, bytes);
    run(program, ...flags, image);
    return await Mount.device(image, 'defaults');
  }

  /**
   * Mounts a file as a device. Its requests are of one page: a loop device whose file takes only the first
   * part of a longer one reports success, and what is asked here is what a log makes of an error.
   */
  static async device(source: string, options: string): Promise<Mount> {
    const mount = await Mount.#at();
    const device = run('losetup', '--find', '--show', source);
    // Before the file that it is on goes, and after the mount has.
    onTestFinished(() => {
      mount.unmount();
      run('losetup', '--detach', device);
    });
    mount.device = basename(device);
    writeFileSync(`/sys/block/${mount.device}/queue/max_sectors_kb`, '4');
    mount.#do('-o', options, device);
    return mount;
  }

  static async #at(): Promise<Mount> {
    const path = join(await temporaryDirectory(), 'mounted');
    mkdirSync(path);
    const mount = new Mount(path);
    onTestFinished(() => mount.unmount());
    return mount;
  }

  remount(options: string): void {
    run('mount', '-o', `remount,${options}`, this.path);
  }

  unmount(): void {
    if (!this.#isMounted) return;
    this.#isMounted = false;
    try {
      run('umount', this.path);
    } catch {
      run('umount', '--lazy', this.path); // Whoever uses it still is about to end.
      return;
    }
    if (this.device !== '') this.#awaitRelease();
  }

  /**
   * Waits until the file system has ended: a process that made a namespace has a copy of each mount, and
   * until it ends xfs refuses to be mounted anew, and ext4 would work on one device twice.
   */
  #awaitRelease(): void {
    const end = performance.now() + RELEASE_LIMIT_MS;
    while (!this.#isReleased()) {
      if (performance.now() > end) throw new Error(`${this.device} is mounted elsewhere`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RELEASE_STEP_MS);
    }
  }

  /** A device that is mounted anywhere cannot be opened by one alone. */
  #isReleased(): boolean {
    try {
      closeSync(openSync(`/dev/${this.device}`, constants.O_RDONLY | constants.O_EXCL));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
      return false;
    }
  }

  /** Writes a file until nothing more fits, but no more than `maxBytes`. Gives what it holds. */
  fill(name: string, maxBytes: number): number {
    this.#check();
    let bytes = 0;
    for (const chunk of [65_536, 4096, 512, 1]) {
      bytes += this.#append(name, maxBytes - bytes, chunk);
    }
    return bytes;
  }

  /** Creates empty files until there are no more inodes, but no more than `max`. Gives their names. */
  fillInodes(name: string, max: number): string[] {
    this.#check();
    const names: string[] = [];
    try {
      for (let i = 0; i < max; i++) {
        closeSync(openSync(join(this.path, `${name}${i}`), 'a'));
        names.push(`${name}${i}`);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
    return names;
  }

  remove(name: string): void {
    rmSync(join(this.path, name), { force: true });
  }

  /** Nothing is ever filled that is not a file system of our own. */
  #check(): void {
    run('mountpoint', '-q', this.path);
  }

  #append(name: string, maxBytes: number, chunkBytes: number): number {
    const chunk = Buffer.alloc(chunkBytes, 0x5a);
    const fd = openSync(join(this.path, name), 'a');
    let bytes = 0;
    try {
      while (bytes + chunkBytes <= maxBytes) {
        const written = writeSync(fd, chunk);
        bytes += written;
        if (written < chunkBytes) break;
      }
    } catch (error) {
      const { code, errno } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && errno !== -122) throw error;
    } finally {
      closeSync(fd);
    }
    return bytes;
  }

  #do(...parameters: readonly string[]): void {
    run('mount', ...parameters, this.path);
    this.#isMounted = true;
    this.#check();
  }
}
