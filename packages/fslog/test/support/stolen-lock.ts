import { randomBytes } from 'node:crypto';
import type { DiskLock } from '@wal/core';

/** A lock that everybody gets, as if whoever has it had lost it by being stalled. */
export async function stolenLock(): Promise<DiskLock> {
  return {
    id: randomBytes(8).toString('hex'),
    isGone: () => false,
    release: async () => undefined,
  };
}
