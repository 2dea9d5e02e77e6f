import * as fs from 'node:fs';
import type { Disk, DiskFile } from '@wal/core';
import { lockDirectory } from '../lock/lock.ts';
import { errorCode } from './storage-error.ts';
import { syncDirectory } from './sync-directory.ts';

/** The real file system, through Node's callbacks: they cost less than its promises. */
export const nodeDisk: Disk = {
  open: (path, mode) => openFile(path, mode === 'read' ? O_RDONLY : O_RDWR),
  create: (path) => openFile(path, O_RDWR | O_CREAT | O_EXCL),
  identify,
  list: (directory) => fs.promises.readdir(directory),
  makeDirectory: (path) => fs.promises.mkdir(path),
  link,
  rename,
  remove: (path) => fs.promises.unlink(path),
  syncDirectory,
  lock: lockDirectory,
};

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = fs.constants;
/**
 * On Linux only. A sync of Node's makes macOS empty the disk's own cache, which such a write does not; without it a
 * write and a sync do the same in two calls.
 */
const O_DSYNC = process.platform === 'linux' ? fs.constants.O_DSYNC : undefined;

async function openFile(path: string, flags: number): Promise<DiskFile> {
  return new NodeFile(path, await openDescriptor(path, flags));
}

function openDescriptor(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, 0o644, (error, fd) => {
      if (error === null) resolve(fd);
      else reject(error);
    });
  });
}

/**
 * At once: a name that was looked up just before is in the system's memory, and to ask there takes 2 µs, which is less
 * than a tenth of what it takes to have another thread ask.
 */
function identify(path: string): string | undefined {
  try {
    return identityOf(fs.statSync(path, { bigint: true }));
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function identityOf({ dev, ino }: fs.BigIntStats): string {
  return `${dev}:${ino}`;
}

/** Where the file system has no links, the rename has to do. */
async function link(from: string, to: string): Promise<void> {
  try {
    await fs.promises.link(from, to);
  } catch (error) {
    if (errorCode(error) === 'EEXIST' || errorCode(error) === 'ENOENT') throw error;
    await fs.promises.rename(from, to);
  }
}

/** A link never replaces a name, as a rename would. */
async function rename(from: string, to: string): Promise<void> {
  await link(from, to);
  await fs.promises.unlink(from).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}

class NodeFile implements DiskFile {
  readonly #path: string;
  /** −1 once closed: the system may have given the number to another file by then. */
  #fd: number;
  /** A second descriptor, whose writes are durable when they return. */
  #throughFd: number | undefined;
  #openingThrough: Promise<void> | undefined;

  constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  read(buffer: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, buffer, 0, buffer.length, position, (error, bytes) => {
        if (error === null) resolve(bytes);
        else reject(error);
      });
    });
  }

  write(buffer: Uint8Array, position: number): Promise<number> {
    return write(this.#fd, buffer, position);
  }

  writeThrough(buffer: Uint8Array, position: number): Promise<number> {
    return this.#throughFd === undefined
      ? this.#firstThrough(buffer, position)
      : write(this.#throughFd, buffer, position);
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#fd, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  truncate(size: number): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.ftruncate(this.#fd, size, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  size(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.#fd, (error, stats) => {
        if (error === null) resolve(stats.size);
        else reject(error);
      });
    });
  }

  identify(): Promise<string> {
    return identifyDescriptor(this.#fd);
  }

  async close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = -1;
    await this.#openingThrough;
    const through = this.#throughFd;
    this.#throughFd = undefined;
    if (through !== undefined) await close(through).catch(() => undefined); // Nothing of its is pending.
    await close(fd);
  }

  async #firstThrough(buffer: Uint8Array, position: number): Promise<number> {
    this.#openingThrough ??= this.#openThrough();
    await this.#openingThrough;
    if (this.#throughFd !== undefined) return await write(this.#throughFd, buffer, position);
    const count = await this.write(buffer, position);
    await this.sync();
    return count;
  }

  /** Leaves things as they are where there is no such descriptor to be had. */
  async #openThrough(): Promise<void> {
    if (O_DSYNC === undefined) return;
    let fd: number | undefined;
    try {
      fd = await openDescriptor(this.#path, O_RDWR | O_DSYNC);
      // The name may be another file's by now.
      if ((await identifyDescriptor(fd)) !== (await this.identify())) throw new Error('renamed');
      this.#throughFd = fd;
    } catch {
      if (fd !== undefined) await close(fd).catch(() => undefined);
    }
  }
}

function write(fd: number, buffer: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, buffer, 0, buffer.length, position, (error, bytes) => {
      if (error === null) resolve(bytes);
      else reject(error);
    });
  });
}

function identifyDescriptor(fd: number): Promise<string> {
  return new Promise((resolve, reject) => {
    fs.fstat(fd, { bigint: true }, (error, stats) => {
      if (error === null) resolve(identityOf(stats));
      else reject(error);
    });
  });
}

function close(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.close(fd, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });
}
