import type { LogFixture } from './fixture.ts';
import { type ConformanceGroup, type ConformanceOptions, registerGroups } from './group.ts';
import { appendGroup } from './groups/append.ts';
import { closeGroup } from './groups/close.ts';
import { concurrencyGroup } from './groups/concurrency.ts';
import { crashGroup } from './groups/crash.ts';
import { errorsGroup } from './groups/errors.ts';
import { followGroup } from './groups/follow.ts';
import { getGroup } from './groups/get.ts';
import { iterateGroup } from './groups/iterate.ts';
import { limitsGroup } from './groups/limits.ts';
import { metadataGroup } from './groups/metadata.ts';
import { modelGroup } from './groups/model.ts';
import { orderGroup } from './groups/order.ts';
import { reopenGroup } from './groups/reopen.ts';
import { trimGroup } from './groups/trim.ts';
import { truncateGroup } from './groups/truncate.ts';
import type { ConformanceReport } from './report.ts';
import type { TestRunner } from './test-runner.ts';

/** Every group of the suite. */
export const CONFORMANCE_GROUPS: readonly ConformanceGroup[] = [
  orderGroup,
  appendGroup,
  concurrencyGroup,
  getGroup,
  iterateGroup,
  followGroup,
  truncateGroup,
  trimGroup,
  limitsGroup,
  errorsGroup,
  closeGroup,
  reopenGroup,
  metadataGroup,
  modelGroup,
  crashGroup,
];

/**
 * Registers the whole suite with a test runner: every clause of docs/CONTRACT.md that can be tested
 * from outside. Call it at the top level of a test file. Each test has a place of its own and its title
 * begins with the clause it proves. What the fixture's capabilities rule out is skipped in sight: in
 * the test's title, in the title and output of the last test, and in the report.
 * @returns what is tested and what is not; known now, before the tests run.
 */
export function logConformance(
  runner: TestRunner,
  fixture: LogFixture,
  options?: ConformanceOptions,
): ConformanceReport {
  const title = `conformance of ${fixture.name}`;
  return registerGroups(title, CONFORMANCE_GROUPS, { runner, fixture, options });
}
