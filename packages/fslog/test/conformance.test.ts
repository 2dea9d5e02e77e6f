import { CONFORMANCE_GROUPS, crashGroup, logConformance } from '@wal/conformance';
import { nodeDisk } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { fsLogFixture, VARIANTS } from './support/log-fixture.ts';

const report = logConformance({ describe, test }, fsLogFixture('fslog', {}, nodeDisk));
test('fslog skips nothing of the suite', () => {
  expect(report.skipped).toEqual([]);
});

/** crash/conformance.test.ts has the other one, which needs no real disk. */
const groups = CONFORMANCE_GROUPS.filter((group) => group !== crashGroup);

for (const variant of VARIANTS) {
  const reports = groups.map((group) => group({ describe, test }, variant));
  test(`${variant.name} skips nothing of the suite`, () => {
    expect(reports.flatMap(({ skipped }) => skipped)).toEqual([]);
  });
}
