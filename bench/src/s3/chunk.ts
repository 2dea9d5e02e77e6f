import type { S3Log } from '@wal/s3log';
import { recordOf } from '../runner/record.ts';
import type { Bucket } from './with-bucket.ts';

const RECORD = recordOf(1024 * 1024);
/** An append that fills a chunk of 4 MiB, the log's default. */
export const CHUNK: readonly Uint8Array[] = Array.from({ length: 4 }, () => RECORD);
export const CHUNK_BYTES: number = CHUNK.length * RECORD.length;

/** A chunk as it is stored. */
export interface StoredChunk {
  readonly key: string;
  /** In bytes. */
  readonly size: number;
}

/** The chunks below a prefix, the oldest first. Seals have odd sizes. */
export async function chunksOf({ store }: Bucket, prefix: string): Promise<readonly StoredChunk[]> {
  const chunks: StoredChunk[] = [];
  for (let startAfter = ''; ; ) {
    const page = await store.list(`${prefix}d/`, { startAfter });
    const last = page.at(-1);
    if (last === undefined) return chunks.reverse();
    chunks.push(...page.filter(({ size }) => size % 2 === 0));
    startAfter = last.key;
  }
}

/** What an append of these records becomes. */
export async function storedChunk(
  bucket: Bucket,
  prefix: string,
  log: S3Log,
  records: readonly Uint8Array[],
): Promise<StoredChunk> {
  await log.append(records);
  const chunk = (await chunksOf(bucket, prefix)).at(-1);
  if (chunk === undefined) throw new Error('the chunk is not there');
  return chunk;
}
