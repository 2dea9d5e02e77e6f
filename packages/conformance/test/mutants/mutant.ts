import type { ArrayLog, ArrayLogOptions, ArrayStorage } from '../array-log.ts';

/** A broken log, and the clause it breaks. It may break others with it. */
export interface Mutant {
  readonly clause: string;
  readonly name: string;
  open(storage: ArrayStorage, options: ArrayLogOptions): ArrayLog;
}

export function mutant(
  clause: string,
  name: string,
  Broken: new (storage: ArrayStorage, options: ArrayLogOptions) => ArrayLog,
): Mutant {
  return { clause, name, open: (storage, options) => new Broken(storage, options) };
}
