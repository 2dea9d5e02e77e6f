import { logConformance } from '@wal/conformance';
import { describe, expect, test } from 'vitest';
import { lineLogFixture } from '../custom-backend/line-log-fixture.ts';

const report = logConformance({ describe, test }, lineLogFixture);

test('what cannot be tested on it is what the guide says', () => {
  const reasons = new Set(report.skipped.map(({ reason }) => reason));
  expect([...reasons].sort()).toEqual([
    'fixture gives no metadata',
    'fixture says configurableLimit: false',
  ]);
});
