import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { thirdPartyVersions } from '../contenders/third-party.ts';

/** Of Node, of ours and of all that is compared with them. */
export function versions(): Readonly<Record<string, string>> {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    ...ours('core', 'fslog', 'memlog'),
    ...thirdPartyVersions(),
  };
}

/** Of what a run on a bucket is made of: client and server, too. */
export function s3Versions(): Readonly<Record<string, string>> {
  const sdk = '@aws-sdk/client-s3';
  const [, radosgw = 'unknown'] =
    /version (\S+)/.exec(spawnSync('radosgw', ['--version'], { encoding: 'utf8' }).stdout) ?? [];
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    ...ours('core', 's3log'),
    [sdk]: versionIn(createRequire(import.meta.url).resolve(`${sdk}/package.json`)),
    radosgw,
  };
}

function ours(...names: readonly string[]): Record<string, string> {
  const manifest = (name: string): URL =>
    new URL(`../../../packages/${name}/package.json`, import.meta.url);
  return Object.fromEntries(names.map((name) => [`@wal/${name}`, versionIn(manifest(name))]));
}

function versionIn(manifest: string | URL): string {
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
