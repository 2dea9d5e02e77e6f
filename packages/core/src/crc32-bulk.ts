/** Where there is no fast CRC to be had, `crc32` uses its own for every length. */
export const crc32Bulk: ((bytes: Uint8Array, seed: number) => number) | undefined = undefined;
