import { randomBytes } from 'node:crypto';

/** Where nonces, uuids and the jitter of waits come from. Nonces of two writers must never be equal. */
export interface Entropy {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** A number from 0 up to, not including, 1. */
  fraction(): number;
}

/** Of the machine: unpredictable, and so never equal. */
export const systemEntropy: Entropy = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fraction: () => Math.random(),
};

/** The bytes of a nonce: enough that no two are ever equal. */
const NONCE_BYTES = 16;

/** A fresh nonce, in hex. */
export function freshNonce(entropy: Entropy): string {
  return Buffer.from(entropy.bytes(NONCE_BYTES)).toString('hex');
}
