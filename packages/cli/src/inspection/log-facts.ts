import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LockHolder } from '@wal/core';
import type { FsLog } from '@wal/fslog';
import type { S3Log } from '@wal/s3log';
import { type Address, parseAddress } from '../address/address.ts';
import { withLog } from '../address/open-log.ts';
import type { Asker } from '../address/unanswered-store.ts';
import { type Extent, extentOf } from '../output/extent.ts';
import { bucketParts } from './bucket-parts.ts';

/** What there is to know of a log without reading its records. What its backend cannot tell is left out. */
export interface LogFacts extends Extent {
  readonly address: string;
  readonly backend: 'fslog' | 's3log' | 'memlog';
  readonly records: number;
  /** Of everything that the log needs: live segments, or live objects. */
  readonly bytes?: number | undefined;
  readonly segments?: number | undefined;
  /** Of a bucket: chunks that are in no segment. */
  readonly chunks?: number | undefined;
  readonly epoch?: number | undefined;
  /** Who has it open for writing; `null` if nobody has. */
  readonly holder?: LockHolder | null | undefined;
  /** Base64; empty if there is none. */
  readonly metadata: string;
}

export async function factsOf(address: string, asker: Asker): Promise<LogFacts> {
  const where = parseAddress(address);
  return await withLog(where, { readOnly: true }, asker, async (opened) => {
    const { backend, log } = opened;
    const extent = extentOf(log);
    const records = log.lastId === undefined ? 0 : log.nextId - (log.firstId ?? log.nextId);
    const metadata = Buffer.from(log.metadata).toString('base64');
    const common = { address, backend, ...extent, records, metadata };
    switch (opened.backend) {
      case 'fslog':
        return { ...common, ...(await directoryFacts(opened.log)) };
      case 's3log':
        return { ...common, ...(await bucketFacts(opened.log, where, asker)) };
      case 'memlog':
        return common;
    }
  });
}

async function directoryFacts(log: FsLog): Promise<Partial<LogFacts>> {
  const { fsLogHolder } = await import('@wal/fslog');
  const segments = await log.listSegments();
  const sizes = await Promise.all(
    segments.map(async ({ name }) => (await stat(join(log.directory, name))).size),
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const holder = (await fsLogHolder(log.directory)) ?? null;
  return { bytes, segments: segments.length, epoch: log.epoch, holder };
}

async function bucketFacts(log: S3Log, where: Address, asker: Asker): Promise<Partial<LogFacts>> {
  if (where.kind !== 'bucket') return {};
  const live = (await bucketParts(where, asker)).filter(({ state }) => state === 'live');
  const countOfKind = (kind: string): number => live.filter((each) => each.kind === kind).length;
  const bytes = live.reduce((sum, each) => sum + each.bytes, 0);
  const [segments, chunks] = [countOfKind('segment'), countOfKind('chunk')];
  return { bytes, segments, chunks, epoch: log.epoch };
}
