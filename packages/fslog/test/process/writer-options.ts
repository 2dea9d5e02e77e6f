import type { FsLogOptions } from '@wal/fslog';

/** Options that a random writer may have: small segments and large ones, with and without syncs and zeros ahead. */
export const WRITER_OPTIONS: readonly FsLogOptions[] = [
  { segmentBytes: 4096 },
  { segmentBytes: 16_384, preallocate: false },
  {},
  { segmentBytes: 8192, durability: 'none' },
  { segmentBytes: 65_536, durability: { intervalMs: 2 } },
];
