/**
 * An address on loopback at which only this process has servers. A port that one of them gives up, or that is free while
 * one is killed, is so not taken by a server of another test: its clients would find that one behind it. Linux has 2^24
 * such addresses, more than process ids; elsewhere there is one for all.
 */
export function ownLoopback(): string {
  if (process.platform !== 'linux') return '127.0.0.1';
  const { pid } = process;
  return `127.${64 + (pid >> 16)}.${(pid >> 8) & 255}.${pid & 255}`;
}
