import { open } from 'node:fs/promises';
import { type Address, parseAddress } from '../address/address.ts';
import { bucketSettings } from '../address/bucket-settings.ts';
import { loadS3log } from '../address/load-s3log.ts';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { UsageError } from '../failure/usage-error.ts';

/** Stored bytes, of a file or an object, that are read where they are wanted. */
export interface ByteReader {
  readonly name: string;
  readonly size: number;
  /** As many bytes as there are, up to `length`. */
  read(byteOffset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a file, or an object by `s3://BUCKET/KEY`. @throws UsageError, CommandError, the system's errors */
export async function openBytes(place: string, env: NodeJS.ProcessEnv): Promise<ByteReader> {
  const where = parseAddress(place);
  switch (where.kind) {
    case 'directory':
      return await openFile(where.path);
    case 'bucket':
      return await openObject(place, where, env);
    case 'memory':
      throw new UsageError(`'${place}' stores no bytes: give a file, or s3://BUCKET/KEY`);
  }
}

async function openFile(path: string): Promise<ByteReader> {
  const file = await open(path);
  const stats = await file.stat();
  if (!stats.isFile()) {
    await file.close();
    const message = `${path} is no file: give one that \`wal segments\` lists, or one in META`;
    throw new CommandError(message, EXIT.failed);
  }
  return {
    name: path,
    size: stats.size,
    async read(byteOffset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, stats.size - byteOffset)));
      let filled = 0;
      while (filled < bytes.length) {
        const at = byteOffset + filled;
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, at);
        if (bytesRead === 0) break; // Cut meanwhile.
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    close: () => file.close(),
  };
}

async function openObject(
  place: string,
  { bucket, key }: Extract<Address, { kind: 'bucket' }>,
  env: NodeJS.ProcessEnv,
): Promise<ByteReader> {
  const { createS3Store } = await loadS3log(env);
  const store = createS3Store(bucketSettings(bucket, env));
  const object = await store.get(key).catch((error: unknown) => {
    store.destroy();
    throw error;
  });
  store.destroy();
  if (object === undefined) {
    const message = `${place} is not there: give one of those that \`wal segments\` lists`;
    throw new CommandError(message, EXIT.failed);
  }
  const { body } = object;
  return {
    name: place,
    size: body.length,
    read: async (byteOffset, length) => body.subarray(byteOffset, byteOffset + length),
    close: async () => undefined,
  };
}
