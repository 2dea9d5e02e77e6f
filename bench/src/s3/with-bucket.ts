import type { S3Client } from '@aws-sdk/client-s3';
import { clientOf, Radosgw, whyNoRadosgw } from '@wal/s3-servers';
import { createS3Store, type ObjectStore } from '@wal/s3log';
import type { Settings } from '../measurement.ts';

/** A bucket on a server of its own, and one client for all that is measured on it. */
export interface Bucket {
  readonly server: Radosgw;
  readonly name: string;
  readonly client: S3Client;
  readonly store: ObjectStore;
}

/** Why nothing of a bucket can be measured here; `undefined`: it can. */
export const whyNoBucket: () => string | undefined = whyNoRadosgw;

/** Runs with an empty bucket on a radosgw that keeps its data in memory; it is gone afterwards. */
export async function withBucket<Result>(
  { folder }: Settings,
  run: (bucket: Bucket) => Promise<Result>,
): Promise<Result> {
  const server = await Radosgw.start('memstore', folder);
  const client = clientOf(server);
  try {
    const store = createS3Store({ bucket: server.bucket, client });
    return await run({ server, name: server.bucket, client, store });
  } finally {
    client.destroy();
    await server.stop();
  }
}

/** Deletes all below a prefix, so that the server's memory does not fill. */
export async function emptyPrefix({ store }: Bucket, prefix: string): Promise<void> {
  for (;;) {
    const entries = await store.list(prefix);
    if (entries.length === 0) return;
    await store.delete(entries.map(({ key }) => key));
  }
}
