import type { Address } from '../address/address.ts';
import { bucketSettings } from '../address/bucket-settings.ts';
import { loadS3log } from '../address/load-s3log.ts';
import { type Asker, whileWaiting } from '../address/unanswered-store.ts';
import type { LogPart } from './part.ts';

/** The objects of a log in a bucket, in the order of their keys: of each kind the newest first. */
export async function bucketParts(
  where: Extract<Address, { kind: 'bucket' }>,
  asker: Asker,
): Promise<readonly LogPart[]> {
  const { listS3LogObjects } = await loadS3log(asker.env);
  const settings = { ...bucketSettings(where.bucket, asker.env), prefix: where.key };
  const objects = await whileWaiting(listS3LogObjects(settings), where, asker);
  return objects.map(({ key, kind, state, bytes, firstId = null, lastId = null }) => {
    return { name: key, kind, state, bytes, firstId, lastId };
  });
}
