import { createMemoryStore, type ObjectStore, type openS3Log } from '@wal/s3log';

const small = { maxInFlight: 4, chunkBytes: 1, compactionGraceMs: 0 };
const COMPACTED = 300;
const BEHIND = 100;
/** More than a search by halves takes, and far fewer than the chunks. */
const FEW_GETS = 30;

/** Most of an epoch is in a segment, and its chunks are deleted. @returns how a reader finds the last record. */
export async function searchBehindSegments(open: typeof openS3Log): Promise<string> {
  const store = createMemoryStore();
  const log = await open({ ...small, store });
  for (let i = 0; i < COMPACTED; i++) await log.append(Buffer.from('compacted'));
  await log.compact();
  await log.collect();
  for (let i = 0; i < BEHIND; i++) await log.append(Buffer.from('not yet'));
  await log.close();
  let gets = 0;
  const { putIfAbsent, list, delete: remove } = store;
  const get: ObjectStore['get'] = (...given) => {
    gets++;
    return store.get(...given);
  };
  const counted = { putIfAbsent, get, list, delete: remove };
  const reader = await open({ ...small, store: counted, readOnly: true });
  gets = 0;
  const { data } = await reader.get(COMPACTED + BEHIND - 1);
  await reader.close();
  return `${Buffer.from(data).toString()}, by ${gets < FEW_GETS ? 'few' : 'many'} gets`;
}
