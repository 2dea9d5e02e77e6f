import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname } from 'node:path';
import type { Interruption, SystemCall } from './workload-orders.ts';

type Callback = (error: unknown, ...results: unknown[]) => void;
type Function = (...parameters: unknown[]) => unknown;

/** What Node's functions are to the system. */
const WITH_CALLBACK: Readonly<Record<string, string>> = {
  open: 'openat',
  close: 'close',
  read: 'pread64',
  write: 'pwrite64',
  fdatasync: 'fdatasync',
  fsync: 'fsync',
  ftruncate: 'ftruncate',
  fstat: 'fstat',
  stat: 'statx',
  rename: 'rename',
  utimes: 'utimensat',
};

const WITH_PROMISE: Readonly<Record<string, string>> = {
  link: 'link',
  mkdir: 'mkdir',
  readFile: 'read',
  readdir: 'getdents64',
  rename: 'rename',
  rmdir: 'rmdir',
  stat: 'statx',
  unlink: 'unlink',
  writeFile: 'write',
  open: 'openat',
};

/** What a file is to a log. */
function kindOf(path: string, directory: string): string {
  const name = basename(path);
  if (path === directory) return 'directory';
  if (name.startsWith('META') || basename(dirname(path)) === 'META') return 'META';
  if (name === 'LOCK' || basename(dirname(path)) === 'LOCK') return 'LOCK';
  return name.split('.').at(-1) === 'torn' ? 'torn copy' : 'segment';
}

/**
 * Counts this process's calls to its system that concern a log, and sends it a signal at one of them: every
 * call that the log makes, in its lock too, by way of Node's functions.
 */
export class SystemCalls {
  readonly made: SystemCall[] = [];
  readonly #directory: string;
  readonly #interruption: Interruption | undefined;
  readonly #during: () => string;
  readonly #onInterruption: (at: SystemCall) => void;
  /** What the open descriptors are of. */
  readonly #files = new Map<number, string>();
  #matching = 0;

  constructor(
    directory: string,
    interruption: Interruption | undefined,
    during: () => string,
    onInterruption: (at: SystemCall) => void,
  ) {
    this.#directory = directory;
    this.#interruption = interruption;
    this.#during = during;
    this.#onInterruption = onInterruption;
  }

  /** From here on all calls pass through here. */
  watch(): void {
    const functions = fs as unknown as Record<string, Function>;
    for (const [name, call] of Object.entries(WITH_CALLBACK)) {
      functions[name] = this.#withCallback(call, functions[name] as Function);
    }
    const promises = fs.promises as unknown as Record<string, Function>;
    for (const [name, call] of Object.entries(WITH_PROMISE)) {
      promises[name] = this.#withPromise(call, promises[name] as Function);
    }
    syncBuiltinESMExports();
  }

  #withCallback(name: string, original: Function): Function {
    return (...parameters) => {
      const file = this.#fileOf(parameters);
      const callback = parameters.pop() as Callback;
      const signal = file === undefined ? undefined : this.#signalAt(name, file, parameters);
      const settled: Callback = (error, ...results) => {
        if (signal !== undefined) signal();
        if (name === 'openat' && error === null) this.#files.set(results[0] as number, file ?? '');
        callback(error, ...results);
      };
      const moment = signal === undefined ? undefined : this.#interruption?.moment;
      if (moment === 'before') signal?.();
      if (moment === 'amid' && name === 'pwrite64') halve(parameters);
      const result = original(...parameters, settled);
      if (moment === 'amid' && name !== 'pwrite64') signal?.();
      return result;
    };
  }

  #withPromise(name: string, original: Function): Function {
    return async (...parameters) => {
      const file = this.#fileOf(parameters);
      const signal = file === undefined ? undefined : this.#signalAt(name, file, parameters);
      const moment = signal === undefined ? undefined : this.#interruption?.moment;
      if (moment === 'before') signal?.();
      const result = original(...parameters) as Promise<unknown>;
      if (moment === 'amid') signal?.();
      await result.catch(() => undefined);
      signal?.();
      return await result;
    };
  }

  /** What a call is about, if that belongs to the log: by its first path or descriptor. */
  #fileOf([target, second]: readonly unknown[]): string | undefined {
    if (typeof target === 'number') return this.#files.get(target);
    if (typeof target !== 'string' || !target.startsWith(this.#directory)) return undefined;
    const to = typeof second === 'string' && second.startsWith(this.#directory) ? second : target;
    return kindOf(to, this.#directory);
  }

  /** Notes a call. Gives what sends the signal, once, if it is the one to be interrupted. */
  #signalAt(name: string, kind: string, parameters: readonly unknown[]): (() => void) | undefined {
    const file = name === 'pwrite64' && isZeros(parameters) ? 'zeros' : kind;
    const call = { name, file, during: this.#during() };
    this.made.push(call);
    if (this.#interruption === undefined) return undefined;
    const { of = `${name} ${file}`, nth, signal } = this.#interruption;
    if (of !== `${name} ${file}` || this.#matching++ !== nth) return undefined;
    let isSent = false;
    return () => {
      if (isSent) return;
      isSent = true;
      this.#onInterruption(call);
      process.kill(process.pid, signal);
    };
  }
}

/** Of a write: its length becomes the half. */
function halve(parameters: unknown[]): void {
  parameters[3] = (parameters[3] as number) >> 1;
}

/** Of a write: whether it only fills a segment with zeros. */
function isZeros([, bytes]: readonly unknown[]): boolean {
  return (bytes as Uint8Array).every((byte) => byte === 0);
}
