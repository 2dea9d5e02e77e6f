import type { S3Log } from '@wal/s3log';
import { recordOf } from '../runner/record.ts';
import type { Bucket } from './with-bucket.ts';

const RECORD = recordOf(1024 * 1024);
/** An append that fills a chunk of 4 MiB, the log's default. */
export const CHUNK: readonly Uint8Array[] = Array.from({ length: 4 }, () => RECORD);
export const CHUNK_BYTES: number = CHUNK.length * RECORD.length;

/** The keys and sizes of the chunks below a prefix, the oldest first. Seals have odd sizes. */
export async function chunksOf(
  { store }: Bucket,
  prefix: string,
): Promise<readonly { readonly key: string; readonly size: number }[]> {
  const chunks: { key: string; size: number }[] = [];
  for (let startAfter = ''; ; ) {
    const page = await store.list(`${prefix}d/`, { startAfter });
    const last = page.at(-1);
    if (last === undefined) return chunks.reverse();
    chunks.push(...page.filter(({ size }) => size % 2 === 0));
    startAfter = last.key;
  }
}

/** How large the object is that an append of these records becomes. */
export async function objectBytes(
  bucket: Bucket,
  prefix: string,
  log: S3Log,
  records: readonly Uint8Array[],
): Promise<number> {
  await log.append(records);
  const chunks = await chunksOf(bucket, prefix);
  return chunks.at(-1)?.size ?? 0;
}
