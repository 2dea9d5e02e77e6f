/** A test of the suite, before it is run. */
export interface SuiteTest {
  /** The clause of docs/CONTRACT.md that it proves. */
  readonly clause: string;
  readonly title: string;
  /** Why it cannot run on this backend. */
  readonly skipReason: string | undefined;
}

/** What the process that runs the suite tells. */
export type SuiteMessage =
  | {
      readonly kind: 'loaded';
      readonly name: string;
      readonly seed: number;
      readonly tests: readonly SuiteTest[];
    }
  /** There is nothing to run. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The test with this index begins. */
  | { readonly kind: 'begun'; readonly test: number }
  /** It has ended: without a failure it has passed. */
  | { readonly kind: 'ended'; readonly test: number; readonly failure: string | undefined }
  | { readonly kind: 'done' };

/** What that process is started with, as JSON. */
export interface SuiteRequest {
  readonly module: string;
  readonly fixture: string | undefined;
  readonly seed: number | undefined;
  readonly runs: number | undefined;
  readonly crashScale: number | undefined;
  /** Only tests of clauses that begin so. */
  readonly only: string | undefined;
}

/** The parent's one message: the test under way is the last. */
export const STOP = 'stop';
