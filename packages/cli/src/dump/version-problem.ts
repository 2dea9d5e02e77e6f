import { checkedVersion, FORMAT_VERSION, viewOf } from '@wal/core';

/** What is wrong with the version behind the magic, at byte 8 of everything that has one. */
export function versionProblem(bytes: Uint8Array): string | undefined {
  const view = viewOf(bytes);
  const version = checkedVersion(view.getUint16(8, true), view.getUint16(10, true));
  if (version === FORMAT_VERSION) return undefined;
  return version === undefined ? 'its version is broken' : `it is of format version ${version}`;
}
