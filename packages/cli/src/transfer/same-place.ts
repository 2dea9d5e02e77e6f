import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Address } from '../address/address.ts';
import { UsageError } from '../failure/usage-error.ts';

/** A log cannot be copied onto itself: opening it for writing would take it from its writer. @throws UsageError */
export async function refuseSamePlace(from: Address, to: Address): Promise<void> {
  if ((await placeOf(from)) === (await placeOf(to)) && from.kind !== 'memory') {
    throw new UsageError('both addresses are of the same log: choose another destination');
  }
}

async function placeOf(address: Address): Promise<string> {
  if (address.kind === 'memory') return 'mem:';
  if (address.kind === 'bucket') {
    return `s3://${address.bucket}/${address.key.replace(/\/$/, '')}`;
  }
  const path = resolve(address.path);
  return await realpath(path).catch(() => path);
}
