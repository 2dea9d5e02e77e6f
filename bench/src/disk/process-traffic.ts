import { readFileSync } from 'node:fs';

/** The bytes that this process has made the system write to disks so far; `undefined` where it does not say. */
export function writtenByProcess(): number | undefined {
  try {
    const [, bytes] = /^write_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8')) ?? [];
    return bytes === undefined ? undefined : Number(bytes);
  } catch {
    return undefined;
  }
}
