import type { openFsLog } from '@wal/fslog';
import { MutatedSources } from '@wal/test-harness';

/** What a copy of fslog's source is loaded for. */
export type MutatedFsLog = MutatedSources<{ readonly openFsLog: typeof openFsLog }>;

/** Copies of fslog's source, with the bugs that each is loaded with. */
export function mutatedFsLog(): Promise<MutatedFsLog> {
  return MutatedSources.create('fslog', 'open.ts');
}
