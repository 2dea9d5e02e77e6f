// The one call of Node that this package makes. Declared here, so that Node's other types stay out of it.
declare module 'node:zlib' {
  export function crc32(data: Uint8Array, value?: number): number;
}
