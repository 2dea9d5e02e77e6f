import { logConformance } from '@wal/conformance';
import { loadFixture } from './fixture-module.ts';
import { STOP, type SuiteMessage, type SuiteRequest, type SuiteTest } from './suite-message.ts';

/*
 * Runs the suite on a backend that somebody else wrote, in a process of its own: it may end it, or never give the
 * processor back, and while the suite crashes a log all timers of the process are the suite's.
 */

interface RegisteredTest extends SuiteTest {
  readonly body: () => Promise<void>;
}

// The terminal's Ctrl-C comes here, too: the test under way is to remove what it made.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
let isStopped = false;
process.on('message', (message) => {
  if (message === STOP) isStopped = true;
});
// The other process is gone.
process.on('disconnect', () => process.exit(1));

await runSuite(JSON.parse(process.argv[2] ?? '{}') as SuiteRequest);
process.disconnect?.();

async function runSuite({ module, fixture: name, only, ...options }: SuiteRequest): Promise<void> {
  const tests: RegisteredTest[] = [];
  try {
    const fixture = await loadFixture(module, name);
    const runner = {
      describe: (_: string, body: () => void) => body(),
      test: (title: string, body: () => Promise<void>) => {
        const test = parseTitle(title);
        if (test?.clause.startsWith(only ?? '')) tests.push({ ...test, body });
      },
    };
    const { seed } = logConformance(runner, fixture, options);
    if (tests.length === 0) {
      throw new Error(`no clause begins with ${only}; docs/CONTRACT.md has them all`);
    }
    await tell({
      kind: 'loaded',
      name: fixture.name,
      seed,
      tests: tests.map(({ body, ...test }) => test),
    });
  } catch (error) {
    await tell({ kind: 'refused', reason: error instanceof Error ? error.message : String(error) });
    return;
  }
  for (const [index, { skipReason, body }] of tests.entries()) {
    if (isStopped) return;
    if (skipReason !== undefined) continue;
    await tell({ kind: 'begun', test: index });
    const failure = await body().then(() => undefined, failureText);
    await tell({ kind: 'ended', test: index, failure });
  }
  await tell({ kind: 'done' });
}

/** `CLAUSE-1 title [skipped: reason]`; `undefined` for the last one, which proves no clause and says what is skipped. */
function parseTitle(text: string): SuiteTest | undefined {
  const [, clause, title, skipReason] =
    /^([A-Z]+-\d+) (.*?)(?: \[skipped: (.*)\])?$/s.exec(text) ?? [];
  if (clause === undefined || title === undefined) return undefined;
  return { clause, title, skipReason };
}

function failureText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Waits until it is sent: what was not would be lost with the process. */
function tell(message: SuiteMessage): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, undefined, undefined, () => resolve());
  });
}
