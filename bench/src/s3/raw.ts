import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Bucket } from './with-bucket.ts';

/** What the log asks of the SDK for a chunk, and no log around it: the ceiling. */
export async function rawPut(
  { client, name }: Bucket,
  key: string,
  body: Uint8Array,
): Promise<void> {
  const input = { Bucket: name, Key: key, Body: body, IfNoneMatch: '*' };
  await client.send(new PutObjectCommand(input));
}

/** The same for reading. */
export async function rawGet({ client, name }: Bucket, key: string): Promise<Uint8Array> {
  const answer = await client.send(new GetObjectCommand({ Bucket: name, Key: key }));
  return (await answer.Body?.transformToByteArray()) ?? new Uint8Array(0);
}
