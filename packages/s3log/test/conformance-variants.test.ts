import { CONFORMANCE_GROUPS, crashGroup, logConformance, modelGroup } from '@wal/conformance';
import { describe, expect, test } from 'vitest';
import { inBucket, inMemory } from './support/fixture-stores.ts';
import { storeFixture } from './support/store-fixture.ts';

const fixtures = [
  storeFixture('s3log in memory, prefix a/b', { prefix: 'a/b' }, inMemory),
  storeFixture(
    's3log in memory, prefix a/b/, a record a chunk',
    { prefix: 'a/b/', chunkBytes: 1 },
    inMemory,
  ),
  storeFixture(
    's3log in memory, one chunk in flight, no linger',
    { maxInFlight: 1, lingerMs: 0 },
    inMemory,
  ),
  storeFixture(
    's3log in memory, compacted all the time',
    { chunkBytes: 1, compactAfterChunks: 2, segmentBytes: 300, compactionGraceMs: 0 },
    inMemory,
  ),
];

for (const each of fixtures) {
  const report = logConformance({ describe, test }, each);
  test(`${each.name} skips nothing of the suite`, () => {
    expect(report.skipped).toEqual([]);
  });
}

/** With another prefix: what takes longest meets no other requests. */
const groups = CONFORMANCE_GROUPS.filter((one) => one !== modelGroup && one !== crashGroup);
for (const prefix of ['', 'logs/a/']) {
  const name = `s3log in a bucket, over HTTP, prefix '${prefix}'`;
  for (const group of groups) group({ describe, test }, storeFixture(name, { prefix }, inBucket));
}
