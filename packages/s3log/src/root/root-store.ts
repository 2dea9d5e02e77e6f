import { LogError } from '@wal/core';
import { corrupt } from '../chunk/object-header.ts';
import { comparePlaces, type LogKeys } from '../keys/log-keys.ts';
import { failed, type Requests } from '../store/requests.ts';
import { isWorthRepeating } from '../store/store-error.ts';
import { epochEntry, type Root } from './root.ts';
import { decodeRoot, encodeRoot } from './root-codec.ts';

/** The root versions of a log. */
export class RootStore {
  readonly #requests: Requests;
  readonly #keys: LogKeys;

  constructor(requests: Requests, keys: LogKeys) {
    this.#requests = requests;
    this.#keys = keys;
  }

  /** The number of the newest version; `undefined` if there is no log. */
  async newestVersion(): Promise<number | undefined> {
    const [newest] = await this.#requests.list(this.#keys.roots, { limit: 1 });
    if (newest === undefined) return undefined;
    const version = this.#keys.versionOf(newest.key);
    if (version === undefined) throw corrupt(newest.key, 'is no key of a root version');
    return version;
  }

  /** A version; `undefined` if it was collected, or never was. */
  async read(version: number): Promise<Root | undefined> {
    const key = this.#keys.root(version);
    const bytes = await this.#requests.get(key);
    return bytes === undefined ? undefined : decodeRoot(bytes, key, version);
  }

  /**
   * The newest version, and nothing newer had come when it was read: what is concluded from it held at that
   * moment. `undefined` if there is no log.
   */
  async readConfirmed(): Promise<Root | undefined> {
    const deadline = this.#requests.deadline();
    const backoff = this.#requests.backoff();
    for (let version = await this.newestVersion(); version !== undefined; ) {
      const root = await this.read(version);
      const newest = await this.newestVersion();
      if (root !== undefined && newest === version) return root;
      if (this.#requests.isOver(deadline)) throw unsettled(this.#keys.roots);
      if (newest === version) await backoff.wait();
      version = newest;
    }
    return undefined;
  }

  /**
   * Writes the version after the one that it was computed from. `candidate`: it is stored, and counts if
   * `isNewest` says so, asked only afterwards. `lost`: another has its number. `doubtful`: so it has, but an attempt
   * before had no answer: this one may have had the number, and have been replaced and collected since.
   * @throws LogError `ERR_LOG_FAILED`: nobody knows whether it is, or will be, stored.
   */
  async propose(root: Root): Promise<'candidate' | 'lost' | 'doubtful'> {
    const key = this.#keys.root(root.version);
    const put = this.#requests.putting(key, encodeRoot(root));
    const deadline = this.#requests.deadline();
    const backoff = this.#requests.backoff();
    let other: 'lost' | 'doubtful' = 'lost';
    for (;;) {
      let doubt: unknown;
      try {
        if ((await put()) === 'created') return 'candidate';
        // An earlier attempt of this call may have been stored without an answer.
        const stored = await this.read(root.version);
        if (stored !== undefined) return stored.nonce === root.nonce ? 'candidate' : other;
      } catch (error) {
        if (error instanceof LogError || !isWorthRepeating(error))
          throw failed(`put of ${key}`, error);
        doubt = error;
      }
      other = 'doubtful';
      if (this.#requests.isOver(deadline)) throw failed(`put of ${key}`, doubt);
      await backoff.wait();
    }
  }

  /** Whether a candidate counts: nothing newer is there. Otherwise what became of it is undecided. */
  async isNewest(candidate: Root): Promise<boolean> {
    return (await this.newestVersion()) === candidate.version;
  }

  /**
   * Whether a candidate that began an epoch counts, or did until newer openers came: the newest version names it, and
   * nothing that its author has looked at was freed since. False where that cannot be told.
   */
  async hasCounted(candidate: Root): Promise<boolean> {
    const version = await this.newestVersion();
    if (version === candidate.version) return true;
    const newest = version === undefined ? undefined : await this.read(version);
    if (newest === undefined || fateOf(candidate, newest) !== 'applied') return false;
    const isFreed = comparePlaces(newest.chunks, candidate.chunks) !== 0;
    return !isFreed && newest.trim.firstId === candidate.trim.firstId;
  }
}

/** The error for root versions that come and go faster than they can be looked at. */
export function unsettled(roots: string): LogError {
  return new LogError('ERR_LOG_FAILED', `${roots} did not show the same newest version twice`);
}

/** What became of a version that began an epoch, and lost or was overtaken, by one that was the newest afterwards. */
export function fateOf(proposed: Root, root: Root): 'applied' | 'void' | 'unknown' {
  const entry = epochEntry(root, proposed.epoch);
  if (entry !== undefined) return entry.nonce === proposed.nonce ? 'applied' : 'void';
  return proposed.epoch > root.epoch ? 'void' : 'unknown';
}
