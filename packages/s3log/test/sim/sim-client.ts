import type { SimRandom } from '@wal/conformance';
import {
  DeleteError,
  type GetOptions,
  type ListOptions,
  type ObjectEntry,
  type ObjectStore,
  type StoredObject,
  StoreError,
} from '@wal/s3log';
import type { Bucket } from './bucket.ts';
import type { SimProcess } from './sim-process.ts';

/** How likely a request meets each kind of trouble. */
export interface Weather {
  /** Of any kind. */
  trouble: number;
}

const TROUBLES = [
  'lost', // Never arrives.
  'unanswered', // Done, and the answer is lost.
  'late', // Minutes late; its client has long given it up.
  'twice', // Done again, up to minutes later.
  'slow',
  'conflict',
  'throttled',
  'error before',
  'error after',
  'short',
] as const;

/** How late a request arrives that its client has given up. */
const LATEST_MS = 300_000;

/** One process' way to a bucket. */
export class SimClient implements ObjectStore {
  /** Requests sent, by kind. */
  readonly counts = { put: 0, get: 0, list: 0, delete: 0 };
  /** The process is killed when it has sent so many. */
  killAfter = Number.POSITIVE_INFINITY;
  /** The process is suspended when it has sent so many, for so long. */
  suspendAfter = Number.POSITIVE_INFINITY;
  suspendForMs = 0;
  readonly #bucket: Bucket;
  readonly #process: SimProcess;
  readonly #random: SimRandom;
  readonly #weather: Weather;

  constructor(bucket: Bucket, process: SimProcess, random: SimRandom, weather: Weather) {
    this.#bucket = bucket;
    this.#process = process;
    this.#random = random;
    this.#weather = weather;
  }

  get total(): number {
    const { put, get, list, delete: deleted } = this.counts;
    return put + get + list + deleted;
  }

  putIfAbsent(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    this.counts.put++;
    const sent = new Uint8Array(body); // Not `slice`, which gives of a Buffer no copy.
    const { name, world } = this.#process;
    return this.#send(() => this.#bucket.create(key, sent, name, world.now));
  }

  get(key: string, options?: GetOptions): Promise<StoredObject | undefined> {
    this.counts.get++;
    return this.#send(() => this.#bucket.get(key, options?.range), cut);
  }

  list(prefix: string, options: ListOptions = {}): Promise<readonly ObjectEntry[]> {
    this.counts.list++;
    const { startAfter = '', limit = 1000 } = options;
    return this.#send(() => this.#bucket.list(prefix, startAfter, limit));
  }

  delete(keys: readonly string[]): Promise<void> {
    this.counts.delete++;
    const kept = new Set(keys.filter(() => this.#random.chance(this.#weather.trouble / 2)));
    return this.#send(() => {
      for (const key of keys) if (!kept.has(key)) this.#bucket.delete(key);
      if (kept.size > 0) throw new DeleteError([...kept]);
    });
  }

  /** Does a request at the moment of its arrival, and gives the answer, or not. */
  #send<T>(effect: () => T, shortened?: (answer: T) => T): Promise<T> {
    const process = this.#process;
    const { world } = process;
    const random = this.#random;
    if (this.total > this.killAfter) process.kill();
    if (this.total === this.suspendAfter) process.suspend(this.suspendForMs);
    // Killed before it was sent: then it never was.
    if (process.isKilled) return new Promise(() => undefined);
    const trouble = random.chance(this.#weather.trouble) ? random.pick(TROUBLES) : undefined;
    return new Promise<T>((resolve, reject) => {
      const answer = (settle: () => void): void => {
        if (trouble === 'unanswered' || trouble === 'late') return;
        world.after(this.#latency(trouble === 'slow'), () => process.deliver(settle));
      };
      const fail = (error: StoreError): void => answer(() => reject(error));
      const arrive = (): void => {
        if (trouble === 'lost') return;
        if (trouble === 'conflict') {
          fail(new StoreError('conflict', 'try again'));
          return;
        }
        if (trouble === 'throttled') {
          fail(new StoreError('throttled', 'slow down'));
          return;
        }
        if (trouble === 'error before') {
          fail(new StoreError('unavailable', 'error 500'));
          return;
        }
        if (trouble === 'twice') {
          world.after(random.fraction() * random.pick([100, LATEST_MS]), () => attempt(effect));
        }
        const outcome = attempt(effect);
        if (trouble === 'error after') {
          fail(new StoreError('unavailable', 'error 500'));
          return;
        }
        answer(() => {
          if ('error' in outcome) reject(outcome.error);
          else resolve(trouble === 'short' && shortened ? shortened(outcome.value) : outcome.value);
        });
      };
      const late = trouble === 'late' ? random.fraction() * LATEST_MS : 0;
      world.after(this.#latency(trouble === 'slow') + late, arrive);
    });
  }

  #latency(isSlow: boolean): number {
    return this.#random.fraction() * (isSlow ? 3_000 : 30);
  }
}

function attempt<T>(effect: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: effect() };
  } catch (error) {
    return { error };
  }
}

/** An answer that was cut on its way. */
function cut(object: StoredObject | undefined): StoredObject | undefined {
  return object && { ...object, body: object.body.subarray(0, object.body.length >> 1) };
}
