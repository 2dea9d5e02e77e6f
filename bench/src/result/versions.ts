import { readFileSync } from 'node:fs';
import { thirdPartyVersions } from '../contenders/third-party.ts';

/** Of Node, of ours and of all that is compared with them. */
export function versions(): Readonly<Record<string, string>> {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    ...Object.fromEntries(['core', 'fslog', 'memlog'].map((name) => [`@wal/${name}`, ours(name)])),
    ...thirdPartyVersions(),
  };
}

function ours(name: string): string {
  const manifest = new URL(`../../../packages/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
