import { crashGroup } from '@wal/conformance';
import { describe, expect, test } from 'vitest';
import { VARIANTS } from '../support/log-fixture.ts';

for (const variant of VARIANTS) {
  const report = crashGroup({ describe, test }, variant);
  test(`${variant.name} skips no crash`, () => {
    expect(report.skipped).toEqual([]);
  });
}
