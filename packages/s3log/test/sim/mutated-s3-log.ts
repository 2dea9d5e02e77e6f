import type { openS3Log } from '@wal/s3log';
import { MutatedSources } from '@wal/test-harness';

/** What a copy of s3log's source is loaded for. */
export type MutatedS3Log = MutatedSources<{ readonly openS3Log: typeof openS3Log }>;

/** Copies of s3log's source, with the bugs that each is loaded with. */
export function mutatedS3Log(): Promise<MutatedS3Log> {
  return MutatedSources.create('s3log', 'open-s3-log.ts');
}
