import { createMemoryStore, type ObjectEntry, type ObjectStore, openS3Log } from '@wal/s3log';
import { chunkBuilder, encodeChunk } from '../../src/chunk/chunk.ts';
import { NO_HASH } from '../../src/chunk/object-header.ts';
import { LogKeys } from '../../src/keys/log-keys.ts';
import { decodeRoot } from '../../src/root/root-codec.ts';

const keys = new LogKeys('');
const EPOCH = 1;

/**
 * A log of so many chunks of one record each, as its store shows it. Only the last chunk can be read: the others are
 * entries of listings, made when they are listed.
 */
export async function largeLog(chunks: number): Promise<ObjectStore> {
  const store = createMemoryStore();
  await (await openS3Log({ store })).close();
  const rootKey = keys.root(0);
  const root = decodeRoot((await store.get(rootKey))?.body ?? new Uint8Array(0), rootKey, 0);
  const batch = chunkBuilder();
  batch.add(Buffer.from('x'));
  const last = encodeChunk(batch, {
    uuid: root.uuid,
    epoch: EPOCH,
    slot: chunks - 1,
    firstId: chunks,
    nonce: NO_HASH,
    previousHash: NO_HASH,
    appendedAtMs: 0,
  });
  await store.putIfAbsent(keys.slot({ epoch: EPOCH, slot: chunks - 1 }), last);
  const entryAt = (slot: number): ObjectEntry => ({
    key: keys.slot({ epoch: EPOCH, slot }),
    size: last.length,
    modifiedAtMs: 0,
  });
  return {
    ...store,
    list: async (prefix, options = {}) => {
      const { startAfter = '', limit = 1_000 } = options;
      const stored = await store.list(prefix, options);
      // What begins with the prefix of one of them begins with that of all, unless it names a slot: nobody lists those.
      if (!entryAt(0).key.startsWith(prefix)) return stored;
      // The newest first: in the order of their keys.
      const imagined: ObjectEntry[] = [];
      for (let slot = chunks - 2; slot >= 0 && imagined.length < limit; slot--) {
        const entry = entryAt(slot);
        if (entry.key > startAfter) imagined.push(entry);
      }
      return [...stored, ...imagined].sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit);
    },
  };
}
