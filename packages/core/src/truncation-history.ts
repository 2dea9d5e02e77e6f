import type { RecordId } from './record.ts';

/** Iterators older than this many truncates are told that they were overtaken, whether or not they were. */
const MAX_ENTRIES = 1024;

/**
 * Tells a reader whether a truncate removed what it has read, also after new records took the ids
 * (ITERATE-9). Keeps, newest last, only truncates that no later one reached below: keptTo rises, so the
 * lowest since any version is the first entry after it.
 */
export class TruncationHistory {
  #version = 0;
  #forgottenVersion = 0;
  readonly #entries: { readonly version: number; readonly keptTo: RecordId }[] = [];

  /** Rises with every truncate. */
  get version(): number {
    return this.#version;
  }

  /**
   * Notes a truncate that removed a record. `keptTo` is the last id it kept, or the trim mark if that is
   * more. One that removed nothing must not be noted: readers would be told of it.
   */
  record(keptTo: RecordId): void {
    const entries = this.#entries;
    while ((entries.at(-1)?.keptTo ?? -Infinity) >= keptTo) entries.pop();
    entries.push({ version: ++this.#version, keptTo });
    if (entries.length > MAX_ENTRIES) this.#forgottenVersion = entries.shift()?.version ?? 0;
  }

  /** The lowest id that a truncate after `version` kept, `undefined` when there was none. */
  lowestSince(version: number): RecordId | undefined {
    if (version >= this.#version) return undefined;
    if (version < this.#forgottenVersion) return -1;
    return this.#entries.find((entry) => entry.version > version)?.keptTo;
  }
}
