import * as fs from 'node:fs';
import type { Disk, DiskFile } from '@wal/core';
import { lockDirectory } from '../lock/lock.ts';
import { errorCode } from './storage-error.ts';
import { syncDirectory } from './sync-directory.ts';

/** The real file system, through Node's callbacks: they cost less than its promises. */
export const nodeDisk: Disk = {
  open: (path, mode) => openFile(path, mode === 'read' ? 'r' : 'r+'),
  create: (path) => openFile(path, 'wx+'),
  identify,
  list: (directory) => fs.promises.readdir(directory),
  makeDirectory: (path) => fs.promises.mkdir(path),
  link,
  rename,
  remove: (path) => fs.promises.unlink(path),
  syncDirectory,
  lock: lockDirectory,
};

function openFile(path: string, flags: string): Promise<DiskFile> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, 0o644, (error, fd) => {
      if (error === null) resolve(new NodeFile(fd));
      else reject(error);
    });
  });
}

function identify(path: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    fs.stat(path, { bigint: true }, (error, stats) => {
      if (error === null) resolve(identityOf(stats));
      else if (error.code === 'ENOENT' || error.code === 'ENOTDIR') resolve(undefined);
      else reject(error);
    });
  });
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
  /** −1 once closed: the system may have given the number to another file by then. */
  #fd: number;

  constructor(fd: number) {
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
    return new Promise((resolve, reject) => {
      fs.write(this.#fd, buffer, 0, buffer.length, position, (error, bytes) => {
        if (error === null) resolve(bytes);
        else reject(error);
      });
    });
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
    return new Promise((resolve, reject) => {
      fs.fstat(this.#fd, { bigint: true }, (error, stats) => {
        if (error === null) resolve(identityOf(stats));
        else reject(error);
      });
    });
  }

  close(): Promise<void> {
    const fd = this.#fd;
    this.#fd = -1;
    return new Promise((resolve, reject) => {
      fs.close(fd, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
    });
  }
}
