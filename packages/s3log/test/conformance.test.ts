import { logConformance } from '@wal/conformance';
import { describe, expect, test } from 'vitest';
import { inBucket, inDirectory, inMemory } from './support/fixture-stores.ts';
import { storeFixture } from './support/store-fixture.ts';

const fixtures = [
  storeFixture('s3log in memory', {}, inMemory),
  storeFixture('s3log in a directory', {}, inDirectory),
  storeFixture('s3log in a bucket, over HTTP', { prefix: 'logs/a' }, inBucket),
];

for (const each of fixtures) {
  const report = logConformance({ describe, test }, each);
  test(`${each.name} skips nothing of the suite`, () => {
    expect(report.skipped).toEqual([]);
  });
}
