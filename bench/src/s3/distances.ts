import { delayedClient } from './delayed-client.ts';
import type { Bucket } from './with-bucket.ts';

/** Requests at once, of ours and of raw. */
export const AT_ONCE = 16;
const DELAY_MS = 40;
export const NEAR: string = `4 MiB, ${AT_ONCE} at once`;
export const FAR: string = `${NEAR}, ${DELAY_MS} ms away`;

/** Measures on a bucket as it is, and again as if it were far away, as S3 is. */
export async function atBothDistances<Result>(
  bucket: Bucket,
  measure: (load: string, bucket: Bucket) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const near = await measure(NEAR, bucket);
  const client = delayedClient(bucket.server, DELAY_MS);
  try {
    return [...near, ...(await measure(FAR, { ...bucket, client }))];
  } finally {
    client.destroy();
  }
}
