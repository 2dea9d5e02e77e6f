import type { ClauseTest } from './clause-test.ts';
import type { LogCapabilities, LogFixture } from './fixture.ts';

/** A test that was not run, and what the fixture says that makes it impossible. */
export interface SkippedClause {
  readonly clause: string;
  readonly title: string;
  readonly reason: string;
}

/** What the suite covers on one backend. Known when the tests are registered, before they run. */
export interface ConformanceReport {
  /** The fixture's name. */
  readonly name: string;
  /** The clauses with at least one test that runs, in the order of the tests. */
  readonly tested: readonly string[];
  readonly skipped: readonly SkippedClause[];
  /** Whether nothing is skipped. */
  readonly full: boolean;
  /** The seed of everything random: give it back as an option to replay a run. */
  readonly seed: number;
}

/** Why a test cannot run on these capabilities; `undefined` if it can. */
export function reasonToSkip(test: ClauseTest, capabilities: LogCapabilities): string | undefined {
  for (const need of test.needs) {
    const reason = need(capabilities);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

export function createReport(
  { name, capabilities }: LogFixture,
  groups: readonly { readonly tests: readonly ClauseTest[] }[],
  seed: number,
): ConformanceReport {
  const tested = new Set<string>();
  const skipped: SkippedClause[] = [];
  for (const test of groups.flatMap((group) => group.tests)) {
    const reason = reasonToSkip(test, capabilities);
    if (reason === undefined) tested.add(test.clause);
    else skipped.push({ clause: test.clause, title: test.title, reason });
  }
  return { name, tested: [...tested], skipped, full: skipped.length === 0, seed };
}

/** The report in one line: `TITLE: full`, or `TITLE: partial, skipped: …`. */
export function summaryOf(title: string, report: ConformanceReport): string {
  if (report.full) return `${title}: full`;
  const clauses = [...new Set(report.skipped.map(({ clause }) => clause))];
  const reasons = [...new Set(report.skipped.map(({ reason }) => reason))];
  const tests = `${report.skipped.length} tests of ${clauses.join(', ')}`;
  return `${title}: partial, skipped: ${tests} (${reasons.join('; ')})`;
}
