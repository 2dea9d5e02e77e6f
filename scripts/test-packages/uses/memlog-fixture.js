/** A module that tells the suite how to open memlog. */
export const MEMLOG_FIXTURE = `import type { LogFixture } from '@wal/conformance';
import { createMemLog, createMemStorage } from '@wal/memlog';
export const memlogFixture: LogFixture = {
  name: 'memlog',
  capabilities: { reopen: true, exclusion: 'locked', maxRecordBytes: 1024 * 1024, configurableLimit: true },
  place: async () => {
    const storage = createMemStorage();
    return {
      open: async (options) => createMemLog({ ...options, storage }),
      destroy: async () => storage.crash(),
    };
  },
};
`;
