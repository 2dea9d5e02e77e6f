import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Credentials } from './s3-server/signature.ts';

/** The limit of hooks that start servers, or clear them. Servers have limits of their own, below it, and clean up when they fail. */
export const SERVER_LIMIT_MS = 180_000;

/** A bucket on some server, and how it is reached. */
export interface BucketServer {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Absent: from where the AWS SDK takes them. */
  readonly credentials?: Credentials | undefined;
  stop(): Promise<void>;
}

/** A client as a log's own is: each request makes one attempt. */
export function clientOf({ endpoint, region, credentials }: Omit<BucketServer, 'stop'>): S3Client {
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    ...(credentials && { credentials }),
  });
}

export async function createBucket(server: BucketServer): Promise<void> {
  const client = clientOf(server);
  await client.send(new CreateBucketCommand({ Bucket: server.bucket }));
  client.destroy();
}
