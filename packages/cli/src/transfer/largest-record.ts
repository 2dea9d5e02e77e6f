import type { Address } from '../address/address.ts';

const MIB = 1024 * 1024;

/** The largest record that a log at an address can be told to take: what was stored elsewhere is to fit, if it can. */
export function largestRecordBytes({ kind }: Address): number {
  return kind === 'bucket' ? 64 * MIB : 512 * MIB;
}
