import { createHash } from 'node:crypto';
import type { Log } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { clientOf, S3Server } from '@wal/s3-servers';
import { openS3Log } from '@wal/s3log';

/** What makes a log the same as another one. */
export interface LogContents {
  readonly firstId: number | undefined;
  readonly nextId: number;
  readonly metadata: string;
  readonly records: number;
  /** Of ids and bytes of all records. */
  readonly digest: string;
}

async function contentsOf(log: Log & { readonly metadata: Uint8Array }): Promise<LogContents> {
  const hash = createHash('sha256');
  let records = 0;
  for await (const { id, data } of log.iterator()) {
    hash.update(`${id} ${data.length} `).update(data);
    records++;
  }
  const { firstId, nextId } = log;
  const metadata = Buffer.from(log.metadata).toString();
  return { firstId, nextId, metadata, records, digest: hash.digest('hex') };
}

/** Of the log in a directory. */
export async function directoryContents(directory: string): Promise<LogContents> {
  const log = await openFsLog(directory, { readOnly: true });
  return await contentsOf(log).finally(() => log.close());
}

/** How the program finds the server. */
export function bucketEnvironment(server: S3Server): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: S3Server.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3Server.credentials.secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: server.endpoint,
  };
}

/** Of the log at a prefix of the server's bucket. */
export async function bucketContents(server: S3Server, prefix: string): Promise<LogContents> {
  const { bucket, credentials } = S3Server;
  const client = clientOf({ endpoint: server.endpoint, region: 'us-east-1', bucket, credentials });
  const log = await openS3Log({ bucket, client, prefix, readOnly: true });
  try {
    return await contentsOf(log);
  } finally {
    await log.close();
    client.destroy();
  }
}
