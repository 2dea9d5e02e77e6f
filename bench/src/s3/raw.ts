import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { StoredChunk } from './chunk.ts';
import type { Bucket } from './with-bucket.ts';

/**
 * Keys below a prefix, each as long as that of a chunk, and before those that were given earlier, as chunks' are: a server takes
 * more of the processor for an object with a long key.
 */
export function rawKeys(prefix: string, { key }: StoredChunk): () => string {
  let number = Number.MAX_SAFE_INTEGER;
  return () => prefix + String(number--).padStart(key.length - prefix.length, '0');
}

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
