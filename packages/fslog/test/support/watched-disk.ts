import { basename, dirname } from 'node:path';
import { BATCH_HEADER_BYTES, type Disk, type DiskFile, type DiskLock } from '@wal/core';
import { unsyncedDisk } from './unsynced-disk.ts';

export type DiskOperation =
  | 'open'
  | 'create'
  | 'identify'
  | 'link'
  | 'list'
  | 'makeDirectory'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'lock'
  | 'read'
  | 'write'
  | 'writeThrough'
  | 'sync'
  | 'truncate'
  | 'size'
  | 'close';

/** One call to a disk. */
export interface DiskCall {
  readonly operation: DiskOperation;
  /** The last part of the path that it is about; `META` and `META.new` for all files in META. */
  readonly name: string;
  readonly position?: number;
  readonly bytes?: number;
  /** What a write is to write. */
  readonly data?: Uint8Array;
}

const CHANGES: ReadonlySet<DiskOperation> = new Set([
  'create',
  'makeDirectory',
  'link',
  'rename',
  'remove',
  'syncDirectory',
  'lock',
  'write',
  'writeThrough',
  'sync',
  'truncate',
]);

/** Whether a call can change what is on the disk. */
export function isChange({ operation }: DiskCall): boolean {
  return CHANGES.has(operation);
}

/** A disk that notes every call, and lets a test hold, fail or shorten it. */
export class WatchedDisk implements Disk {
  /** Every call, in the order in which they began. */
  readonly calls: DiskCall[] = [];
  /** Every call that has succeeded, in the order in which they ended. */
  readonly done: DiskCall[] = [];
  /** Awaited before each call; what it throws, the call rejects with. */
  before: ((call: DiskCall) => Promise<void> | void) | undefined;
  /** Called after each call that succeeded; what it throws, the call rejects with all the same. */
  after: ((call: DiskCall) => void) | undefined;
  /** How many of its bytes a write writes at most. */
  shorten: ((call: DiskCall) => number) | undefined;
  readonly #disk: Disk;

  constructor(disk: Disk = unsyncedDisk) {
    this.#disk = disk;
  }

  open(path: string, mode: 'read' | 'write'): Promise<DiskFile> {
    const name = nameOf(path);
    return this.#call({ operation: 'open', name }, async () =>
      this.#watch(await this.#disk.open(path, mode), name),
    );
  }

  create(path: string): Promise<DiskFile> {
    const name = nameOf(path);
    return this.#call({ operation: 'create', name }, async () =>
      this.#watch(await this.#disk.create(path), name),
    );
  }

  identify(path: string): Promise<string | undefined> {
    return this.#call(about('identify', path), () => this.#disk.identify(path));
  }

  list(directory: string): Promise<readonly string[]> {
    return this.#call(about('list', directory), () => this.#disk.list(directory));
  }

  makeDirectory(path: string): Promise<void> {
    return this.#call(about('makeDirectory', path), () => this.#disk.makeDirectory(path));
  }

  link(from: string, to: string): Promise<void> {
    return this.#call(about('link', to), () => this.#disk.link(from, to));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#call(about('rename', to), () => this.#disk.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#call(about('remove', path), () => this.#disk.remove(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#call(about('syncDirectory', path), () => this.#disk.syncDirectory(path));
  }

  lock(directory: string, onLost: () => void): Promise<DiskLock> {
    return this.#call(about('lock', directory), () => this.#disk.lock(directory, onLost));
  }

  /** How many calls of a kind there were, of one file if `name` is given. */
  count(operation: DiskOperation, name?: string): number {
    return this.calls.filter(
      (call) => call.operation === operation && (name === undefined || call.name === name),
    ).length;
  }

  /** How many files are open that were opened since `reset`. */
  get openFiles(): number {
    const opened = this.done.filter(
      ({ operation }) => operation === 'open' || operation === 'create',
    );
    return opened.length - this.count('close');
  }

  /** Forgets the calls so far. */
  reset(): void {
    this.calls.length = 0;
    this.done.length = 0;
  }

  async #call<T>(call: DiskCall, run: () => Promise<T> | T): Promise<T> {
    this.calls.push(call);
    await this.before?.(call);
    const result = await run();
    this.after?.(call);
    this.done.push(call);
    return result;
  }

  #watch(file: DiskFile, name: string): DiskFile {
    const write = (
      operation: 'write' | 'writeThrough',
      run: (buffer: Uint8Array, position: number) => Promise<number>,
    ) => {
      return (buffer: Uint8Array, position: number): Promise<number> => {
        const data = buffer.slice();
        const call: DiskCall = { operation, name, position, bytes: data.length, data };
        return this.#call(call, () => {
          const length = Math.min(this.shorten?.(call) ?? buffer.length, buffer.length);
          return run(buffer.subarray(0, length), position);
        });
      };
    };
    const writeThrough = file.writeThrough?.bind(file);
    return {
      ...(writeThrough && { writeThrough: write('writeThrough', writeThrough) }),
      read: (buffer, position) =>
        this.#call({ operation: 'read', name, position, bytes: buffer.length }, () =>
          file.read(buffer, position),
        ),
      write: write('write', (buffer, position) => file.write(buffer, position)),
      sync: () => this.#call({ operation: 'sync', name }, () => file.sync()),
      truncate: (size) =>
        this.#call({ operation: 'truncate', name, position: size }, () => file.truncate(size)),
      size: () => this.#call({ operation: 'size', name }, () => file.size()),
      identify: () => this.#call({ operation: 'identify', name }, () => file.identify()),
      close: () => this.#call({ operation: 'close', name }, () => file.close()),
    };
  }
}

function about(operation: DiskOperation, path: string): DiskCall {
  return { operation, name: nameOf(path) };
}

/** The files of META are one to whoever watches, whatever epoch they are of, and so are their drafts. */
function nameOf(path: string): string {
  if (basename(dirname(path)) !== 'META') return basename(path);
  return path.endsWith('.new') ? 'META.new' : 'META';
}

/** An error as the system gives it through Node. */
export function systemError(code: string, errno: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: as if by the system`), { code, errno });
}

export const noSpaceLeft = (): NodeJS.ErrnoException => systemError('ENOSPC', -28);
/** Node has no name for EDQUOT. */
export const quotaExceeded = (): NodeJS.ErrnoException => systemError('UNKNOWN', -122);
export const inputOutputError = (): NodeJS.ErrnoException => systemError('EIO', -5);

/** Whether a call writes, or otherwise changes, a segment. */
export function isSegment({ name }: DiskCall): boolean {
  return name.endsWith('.wal');
}

/** A point that calls can be held at. */
export class Gate {
  #open: (() => void) | undefined;
  #reached: (() => void) | undefined;
  /** Resolves when the first call has come. */
  readonly reached: Promise<void> = new Promise((resolve) => {
    this.#reached = resolve;
  });
  readonly #passed: Promise<void> = new Promise((resolve) => {
    this.#open = resolve;
  });

  /** Waits until the gate is opened. */
  async pass(): Promise<void> {
    this.#reached?.();
    await this.#passed;
  }

  open(): void {
    this.#open?.();
  }
}

/** A write of records: not of zeros. */
export function isBatchWrite(call: DiskCall): boolean {
  const { operation, data } = call;
  return operation === 'write' && isSegment(call) && (data?.some((byte) => byte !== 0) ?? false);
}

/** Whether a call writes a batch of no records: what a log that is left alone marks the last ones with. */
export function isMark(call: DiskCall): boolean {
  return isBatchWrite(call) && call.bytes === BATCH_HEADER_BYTES;
}
