import { LogError, type RecordId } from '@wal/core';
import { LogKeys } from '../keys/log-keys.ts';
import type { LogContext } from '../log-context.ts';
import { type BucketLogOptions, type StoreLogOptions, storeOf } from '../open-s3-log.ts';
import { checkLogOptions } from '../options.ts';
import type { Root } from '../root/root.ts';
import { RootStore } from '../root/root-store.ts';
import { MAX_KEYS, type ObjectEntry } from '../store/object-store.ts';
import { Requests } from '../store/requests.ts';
import { dataObjects } from './data-objects.ts';

/**
 * What an object means for the log as it is now.
 *
 * - `live`: it is needed.
 * - `trimmed`: all of its records are trimmed.
 * - `superseded`: another object, or nothing, has taken its place: a newer root version, a segment, a truncate, a seal.
 */
export type S3LogObjectState = 'live' | 'trimmed' | 'superseded';

/** One object under a log's prefix. */
export interface S3LogObject {
  readonly key: string;
  /** `other` is nothing that a log of this release puts there. */
  readonly kind: 'root' | 'chunk' | 'seal' | 'segment' | 'other';
  readonly state: S3LogObjectState;
  /** Its size. */
  readonly bytes: number;
  /** When it was written, by the store's clock, in milliseconds since 1970. */
  readonly modifiedAtMs: number;
  /** The first record that the log has in a live segment; `undefined` for all else, which is not looked into. */
  readonly firstId: RecordId | undefined;
  /** The last one; likewise. */
  readonly lastId: RecordId | undefined;
}

/**
 * Every object under the prefix of a log, in the order of their keys, and what it is to the log. Changes nothing, and may run beside a
 * writer: what is put or deleted meanwhile may be listed or not. Takes one listing for each 1,000 objects, and holds
 * all of them in memory; a few headers are read where records were truncated.
 * @throws LogError `ERR_LOG_READ_ONLY` (no log there), `ERR_LOG_CORRUPT`, `ERR_LOG_FAILED`, `ERR_LOG_UNSUPPORTED_FORMAT`,
 * `ERR_LOG_INVALID_ARGUMENT`
 */
export async function listS3LogObjects(
  options: BucketLogOptions | StoreLogOptions,
): Promise<readonly S3LogObject[]> {
  const { store, release } = storeOf(options);
  try {
    const { prefix, clock, entropy, times } = checkLogOptions(store, options);
    const requests = new Requests(store, clock, entropy, times);
    const keys = new LogKeys(prefix);
    const context = { keys, requests, roots: new RootStore(requests, keys) };
    // The root last: what it says of an object listed before is true.
    const entries = await listAll(context);
    const root = await context.roots.readConfirmed();
    if (root === undefined) {
      const message = `there is no log under the prefix ${JSON.stringify(keys.prefix)}`;
      throw new LogError('ERR_LOG_READ_ONLY', message);
    }
    const data = await dataObjects(context, root, entries);
    return entries.map((entry) => data.get(entry.key) ?? describe(context, root, entry));
  } finally {
    release();
  }
}

async function listAll({ keys, requests }: LogContext): Promise<ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  for (;;) {
    const options = { limit: MAX_KEYS, startAfter: entries.at(-1)?.key };
    const page = await requests.list(keys.prefix, options);
    entries.push(...page);
    if (page.length < MAX_KEYS) return entries;
  }
}

/** What is no chunk and no seal. */
function describe({ keys }: LogContext, root: Root, entry: ObjectEntry): S3LogObject {
  const { key, size, modifiedAtMs } = entry;
  const common = { key, bytes: size, modifiedAtMs, firstId: undefined, lastId: undefined };
  const version = keys.versionOf(key);
  if (version !== undefined) {
    // Where the first one was, a former creator's late one would begin another log.
    const isNeeded = version === root.version || version === 0;
    const state = isNeeded ? 'live' : 'superseded';
    return { ...common, kind: 'root', state };
  }
  if (!key.startsWith(keys.segments)) return { ...common, kind: 'other', state: 'superseded' };
  const named = root.segments.find((segment) => keys.segment(segment) === key);
  if (named === undefined) return { ...common, kind: 'segment', state: 'superseded' };
  const { firstId, nextId } = named;
  return { ...common, kind: 'segment', state: 'live', firstId, lastId: nextId - 1 };
}
