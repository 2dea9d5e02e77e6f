import type { Log } from '@wal/core';
import type { FsLog } from '@wal/fslog';
import type { MemLog } from '@wal/memlog';
import type { S3Log } from '@wal/s3log';
import { type Address, parseAddress } from './address.ts';
import { bucketSettings } from './bucket-settings.ts';
import { loadS3log } from './load-s3log.ts';
import { type Asker, whileWaiting } from './unanswered-store.ts';

/** A log, and of which backend it is. */
export type OpenedLog =
  | { readonly backend: 'fslog'; readonly log: FsLog }
  | { readonly backend: 's3log'; readonly log: S3Log }
  | { readonly backend: 'memlog'; readonly log: MemLog };

export interface OpenSettings {
  /** Opens beside a writer, and changes nothing. A log in memory is new and empty then, too. */
  readonly readOnly: boolean;
  /** The largest record that append takes. Default: the backend's. */
  readonly maxRecordBytes?: number | undefined;
  /** Of a log that is created. */
  readonly firstId?: number | undefined;
  readonly metadata?: Uint8Array | undefined;
}

/**
 * Opens the log at an address; for writing it is created if there is none. Backends are
 * loaded when they are needed.
 * @throws UsageError for a bad address, what the backend's opener throws, and `signal.reason`
 */
async function openAddress(
  address: string | Address,
  settings: OpenSettings,
  asker: Asker,
): Promise<OpenedLog> {
  const where = typeof address === 'string' ? parseAddress(address) : address;
  const { readOnly, ...given } = settings;
  switch (where.kind) {
    case 'directory': {
      const { openFsLog } = await import('@wal/fslog');
      return { backend: 'fslog', log: await openFsLog(where.path, { readOnly, ...given }) };
    }
    case 'bucket': {
      const { openS3Log } = await loadS3log(asker.env);
      const options = { ...bucketSettings(where.bucket, asker.env), prefix: where.key };
      const opening = openS3Log({ ...options, readOnly, ...given });
      return { backend: 's3log', log: await whileWaiting(opening, where, asker) };
    }
    case 'memory': {
      const { createMemLog } = await import('@wal/memlog');
      return { backend: 'memlog', log: createMemLog(given) };
    }
  }
}

/** Opens a log, uses it, and closes it whatever happens. What using it throws counts before what closing it does. */
export async function withLog<Result>(
  address: string | Address,
  settings: OpenSettings,
  asker: Asker,
  use: (opened: OpenedLog & { readonly log: Log }) => Promise<Result>,
): Promise<Result> {
  const opened = await openAddress(address, settings, asker);
  let result: Result;
  try {
    result = await use(opened);
  } catch (error) {
    await opened.log.close().catch(() => undefined);
    throw error;
  }
  await opened.log.close();
  return result;
}
