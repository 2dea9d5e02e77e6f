import { logConformance } from '@wal/conformance';
import { describe, expect, test } from 'vitest';
import { memFixtures } from './fixtures/mem-fixtures.ts';

for (const each of memFixtures) {
  const report = logConformance({ describe, test }, each);
  test(`${each.name} skips nothing of the suite`, () => {
    expect(report.skipped).toEqual([]);
  });
}
