/** The version of the format that this code writes, and the only one that it reads. */
export const FORMAT_VERSION = 1;

/**
 * The version, if its complement, stored beside it, agrees; else `undefined`. Without it a flipped bit
 * would read as a newer format.
 */
export function checkedVersion(version: number, complement: number): number | undefined {
  return (version ^ complement) === 0xffff ? version : undefined;
}
