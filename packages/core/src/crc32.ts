import CRC32 from 'crc-32';
import { crc32Bulk } from '#crc32-bulk';

/** From this many bytes on a call into zlib is cheaper than the table in JavaScript. */
const BULK_BYTES = 256;

/**
 * CRC-32 (IEEE 802.3, as in zlib and PNG) of `bytes`, as an unsigned 32-bit number. `seed` is the CRC of
 * what came before: `crc32(b, crc32(a))` is the CRC of a and b together.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  if (crc32Bulk !== undefined && bytes.length >= BULK_BYTES) return crc32Bulk(bytes, seed);
  return CRC32.buf(bytes, seed) >>> 0;
}
