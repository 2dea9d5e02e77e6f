/** Not 0, which a header of zeros has. */
export const CONSTANT_CRC = 0x5eed;
