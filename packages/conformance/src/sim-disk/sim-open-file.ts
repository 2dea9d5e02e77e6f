import type { DiskFile } from '@wal/core';
import type { SimCall, SimDisk, SimFault } from './sim-disk.ts';
import { simError } from './sim-error.ts';
import type { SimFile } from './sim-file.ts';
import type { SimRandom } from './sim-random.ts';
import type { InFlight, SimStorage } from './sim-storage.ts';

/** An open descriptor. It goes on working when the file's name is removed, until its process is killed. */
export class SimOpenFile implements DiskFile {
  readonly file: SimFile;
  readonly #disk: SimDisk;
  readonly #path: string;
  readonly #isWritable: boolean;
  #isClosed = false;
  #seenFailures: number;

  constructor(disk: SimDisk, file: SimFile, path: string, mode: 'read' | 'write') {
    this.#disk = disk;
    this.file = file;
    this.#path = path;
    this.#isWritable = mode === 'write';
    this.#seenFailures = file.failedSyncs;
  }

  read(buffer: Uint8Array, position: number): Promise<number> {
    const effect = (file: SimFile, _: SimStorage, fault: SimFault | undefined): number =>
      file.read(buffer.subarray(0, fault?.readBytes), position);
    return this.#run('read', false, effect, position, buffer.length);
  }

  /** The bytes are taken when the call takes effect, as the system does. In flight any first few may be written. */
  write(buffer: Uint8Array, position: number): Promise<number> {
    const effect = (file: SimFile, storage: SimStorage, fault: SimFault | undefined): number =>
      this.#write(file, storage, fault, buffer, position);
    const half = (random: SimRandom): SimFault | undefined =>
      random.chance(0.3) ? { writtenBytes: random.integer(0, buffer.length) } : undefined;
    return this.#run('write', true, effect, position, buffer.length, half);
  }

  /** Two calls, so that a power cut, an error and a stall may come between them. */
  async writeThrough(buffer: Uint8Array, position: number): Promise<number> {
    const count = await this.write(buffer, position);
    await this.#sync((file) => file.syncRange(position, position + count));
    return count;
  }

  sync(): Promise<void> {
    return this.#sync((file) => file.sync());
  }

  #sync(sync: (file: SimFile) => void): Promise<void> {
    return this.#run('sync', true, (file, storage, fault) => {
      if (fault?.error === undefined) sync(file);
      else file.failSync(this.#disk.random, storage.staleBytes(), fault.leavesUnwritten);
      if (file.failedSyncs === this.#seenFailures) return;
      this.#seenFailures = file.failedSyncs;
      throw simError(fault?.error ?? 'EIO', 'fsync', this.#path);
    });
  }

  truncate(size: number): Promise<void> {
    return this.#run('truncate', true, (file) => file.truncate(size));
  }

  size(): Promise<number> {
    return this.#run('size', false, (file) => file.size);
  }

  identify(): Promise<string> {
    return this.#run('identify', false, (file) => String(file.inode));
  }

  close(): Promise<void> {
    return this.#run('close', false, () => {
      this.#isClosed = true;
      this.#disk.closed();
    });
  }

  #run<T>(
    kind: SimCall['kind'],
    isChange: boolean,
    effect: (file: SimFile, storage: SimStorage, fault: SimFault | undefined) => T,
    position = 0,
    length = 0,
    half: (random: SimRandom) => SimFault | undefined = () => undefined,
  ): Promise<T> {
    const perform = (storage: SimStorage, fault: SimFault | undefined): T => {
      if (this.#isClosed || (isChange && !this.#isWritable)) {
        throw simError('EBADF', kind, this.#path);
      }
      return effect(storage.own(this.file), storage, fault);
    };
    // Of a sync in flight nothing needs to be done: a power cut may keep all that is pending anyway.
    const pending: InFlight | undefined =
      isChange && kind !== 'sync' ? (storage, random) => perform(storage, half(random)) : undefined;
    return this.#disk.run(kind, this.#path, perform, pending, position, length);
  }

  #write(
    file: SimFile,
    storage: SimStorage,
    fault: SimFault | undefined,
    buffer: Uint8Array,
    position: number,
  ): number {
    let count =
      fault === undefined ? buffer.length : Math.min(fault.writtenBytes ?? 0, buffer.length);
    let error = fault?.error;
    const room = file.size + Math.max(0, storage.freeBytes()) - position;
    if (count > room) {
      count = Math.max(0, room);
      if (count === 0) error = 'ENOSPC';
    }
    file.write(buffer.subarray(0, count), position);
    if (error !== undefined) throw simError(error, 'write', this.#path);
    return count;
  }
}
