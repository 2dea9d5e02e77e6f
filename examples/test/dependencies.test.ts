import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Manifest {
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly resolved?: string;
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const locked: Readonly<Record<string, LockedPackage>> = JSON.parse(
  read('package-lock.json'),
).packages;

/** Every third-party package that is installed with one of ours. */
function thirdPartyOf(name: string, found = new Set<string>()): Set<string> {
  const path = name.startsWith('@wal/')
    ? `packages/${name.slice('@wal/'.length)}`
    : `node_modules/${name}`;
  for (const dependency of Object.keys(locked[path]?.dependencies ?? {})) {
    if (found.has(dependency)) continue;
    if (!dependency.startsWith('@wal/')) found.add(dependency);
    thirdPartyOf(dependency, found);
  }
  return found;
}

/** Those that come with the packages of ours that it depends on: their rows name them. */
function broughtTo(name: string): Set<string> {
  const ours = Object.keys(locked[`packages/${name}`]?.dependencies ?? {}).filter((dependency) =>
    dependency.startsWith('@wal/'),
  );
  return new Set(ours.flatMap((dependency) => [...thirdPartyOf(dependency)]));
}

const manifests: readonly (readonly [string, Manifest])[] = readdirSync(
  new URL('../../packages', import.meta.url),
).map((name) => [name, JSON.parse(read(`packages/${name}/package.json`))]);
const published = manifests.filter(([, manifest]) => manifest.private !== true);

test.each(published)('docs/DEPENDENCIES.md counts and names what @wal/%s installs', (name) => {
  const all = thirdPartyOf(`@wal/${name}`);
  const brought = broughtTo(name);
  const own = [...all].filter((one) => !brought.has(one));
  const row = read('docs/DEPENDENCIES.md')
    .split('\n')
    .find((line) => line.startsWith(`| \`@wal/${name}\``));
  expect(row).toContain(`| ${all.size}: `);
  for (const one of own) expect(row).toContain(`\`${one}\``);
});

test.each(published)(
  '@wal/%s depends on exact versions, as the lock has them',
  (name, manifest) => {
    const { dependencies = {} } = manifest;
    expect(locked[`packages/${name}`]?.dependencies ?? {}).toEqual(dependencies);
    for (const version of Object.values(dependencies)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  },
);
