import type { S3Client } from '@aws-sdk/client-s3';
import { clientOf, S3Server } from '@wal/s3-servers';
import { createS3Store, type S3Store } from '@wal/s3log';

/** A server of its own, and a store on its bucket. */
export async function startS3(
  credentials = S3Server.credentials,
): Promise<{ server: S3Server; store: S3Store; client: S3Client; stop: () => Promise<void> }> {
  const server = await S3Server.start();
  const { endpoint } = server;
  const client = clientOf({ endpoint, region: 'us-east-1', bucket: S3Server.bucket, credentials });
  const store = createS3Store({ bucket: S3Server.bucket, client });
  const stop = async (): Promise<void> => {
    client.destroy();
    await server.stop();
  };
  return { server, store, client, stop };
}
