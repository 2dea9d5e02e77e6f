import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { type BucketServer, clientOf } from '@wal/s3-servers';

/** A client that sees each answer so much later than it came: the server is far away. */
export function delayedClient(server: BucketServer, delayMs: number): S3Client {
  const client = clientOf(server);
  client.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      await sleep(delayMs);
      return answer;
    },
    { step: 'deserialize', name: 'delay', priority: 'high' },
  );
  return client;
}
