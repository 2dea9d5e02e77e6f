import { dirname, join } from 'node:path';
import type { Disk } from '@wal/core';
import { copyRange } from '../disk/file-io.ts';
import { errorCode } from '../disk/storage-error.ts';
import { META } from '../meta/meta-slots.ts';
import { TolerantFile } from '../verification/tolerant-file.ts';

/**
 * The folder beside a log that gets a copy of everything before a repair removes or overwrites it:
 * `<directory>.repair-<time>`, made with the first copy. A copy is durable when its method resolves. What
 * the disk cannot read is zeros in it.
 */
export class Copies {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #made = new Set<string>();
  #folder: string | undefined;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Where the copies are; `undefined` while there are none. */
  get folder(): string | undefined {
    return this.#folder;
  }

  /** Copies a segment, whole. */
  async keep(name: string): Promise<void> {
    await this.#copy(this.#directory, name, await this.#open(), name, 0);
  }

  /** Copies a segment from `byteOffset` to `end`, to `<name>.<byte offset, hex>.part`. */
  async keepPart(name: string, byteOffset: number, end?: number): Promise<void> {
    const part = `${name}.${byteOffset.toString(16).padStart(8, '0')}.part`;
    await this.#copy(this.#directory, name, await this.#open(), part, byteOffset, end);
  }

  /** Copies META as it is: a directory, or what is there in its place. */
  async keepMeta(): Promise<void> {
    const meta = join(this.#directory, META);
    let names: readonly string[];
    try {
      names = await this.#disk.list(meta);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      if (errorCode(error) !== 'ENOTDIR') throw error;
      await this.#copy(this.#directory, META, await this.#open(), META, 0);
      return;
    }
    const target = join(await this.#open(), META);
    await this.#disk.makeDirectory(target).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    await this.#disk.syncDirectory(await this.#open());
    for (const name of names) await this.#copy(meta, name, target, name, 0);
  }

  async #open(): Promise<string> {
    if (this.#folder !== undefined) return this.#folder;
    const time = new Date(Date.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
    for (let count = 1; ; count++) {
      const folder = `${this.#directory}.repair-${time}${count === 1 ? '' : `-${count}`}`;
      try {
        await this.#disk.makeDirectory(folder);
        await this.#disk.syncDirectory(dirname(folder));
        this.#folder = folder;
        return folder;
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error;
      }
    }
  }

  async #copy(
    from: string,
    name: string,
    folder: string,
    copyName: string,
    start: number,
    end?: number,
  ): Promise<void> {
    const path = join(folder, copyName);
    if (this.#made.has(path)) return;
    const source = new TolerantFile(await this.#disk.open(join(from, name), 'read'));
    try {
      const copy = await this.#disk.create(path);
      try {
        await copyRange(source, start, end ?? (await source.size()), copy, 0);
        await copy.sync();
      } finally {
        await copy.close();
      }
    } finally {
      await source.close();
    }
    await this.#disk.syncDirectory(folder);
    this.#made.add(path);
  }
}
