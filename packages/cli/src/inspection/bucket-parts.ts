import { bucketSettings } from '../address/bucket-settings.ts';
import { loadS3log } from '../address/load-s3log.ts';
import type { LogPart } from './part.ts';

/** The objects of a log in a bucket, in the order of their keys: of each kind the newest first. */
export async function bucketParts(
  { bucket, key: prefix }: { readonly bucket: string; readonly key: string },
  env: NodeJS.ProcessEnv,
): Promise<readonly LogPart[]> {
  const { listS3LogObjects } = await loadS3log(env);
  const objects = await listS3LogObjects({ ...bucketSettings(bucket, env), prefix });
  return objects.map(({ key, kind, state, bytes, firstId = null, lastId = null }) => {
    return { name: key, kind, state, bytes, firstId, lastId };
  });
}
