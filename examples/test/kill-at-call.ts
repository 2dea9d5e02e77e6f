import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/*
 * Lets this process kill itself just before one of its calls that change files. Import it before everything else, and
 * `armed` counts from where it is called.
 */
export interface FileCall {
  readonly name: string;
  /** A path, where the call is given one. */
  readonly path: string | undefined;
}

const NAMES = ['fdatasync', 'fsync', 'ftruncate', 'link', 'mkdir', 'open', 'rename', 'unlink'];
const calls: FileCall[] = [];
let killAt: { readonly name: string | undefined; readonly nth: number } | undefined;
let onKill: ((call: FileCall) => void) | undefined;

/**
 * The process ends before its `nth` call from now on, of this name if one is given; `lastWords` is told which.
 * Counted from 0: at -1 it lives on. @returns the calls, as they are made.
 */
export function armed(
  at: { readonly name: string | undefined; readonly nth: number },
  lastWords: (call: FileCall) => void,
): readonly FileCall[] {
  calls.length = 0;
  killAt = at;
  onKill = lastWords;
  return calls;
}

function isLast(call: FileCall): boolean {
  if (killAt === undefined) return false;
  const { name, nth } = killAt;
  if (name === undefined) return calls.length === nth;
  return call.name === name && calls.filter((other) => other.name === name).length === nth;
}

function watch(owner: object, names: readonly string[]): void {
  const methods = owner as Record<string, (...parameters: unknown[]) => unknown>;
  for (const name of names) {
    const method = methods[name];
    if (method === undefined) continue;
    methods[name] = function (this: unknown, ...parameters: unknown[]) {
      const [path] = parameters;
      const call: FileCall = { name, path: typeof path === 'string' ? path : undefined };
      if (isLast(call)) {
        onKill?.(call);
        process.kill(process.pid, 'SIGKILL');
      }
      calls.push(call);
      return Reflect.apply(method, this, parameters);
    };
  }
}

const file = await fs.promises.open(process.execPath);
watch(Object.getPrototypeOf(file), ['datasync', 'sync', 'truncate', 'write', 'writeFile']);
await file.close();
watch(fs, [...NAMES, 'write', 'writev']);
watch(fs.promises, NAMES);
syncBuiltinESMExports();
