import { isDiskCrash } from './crash/crash-capability.ts';
import type { LogCapabilities, LogFixture, LogPlace } from './fixture.ts';

/** What a test is given: a place of its own, and what it needs to know of the backend. */
export interface ClauseSubject {
  readonly place: LogPlace;
  readonly fixture: LogFixture;
  readonly capabilities: LogCapabilities;
  /** The seed of everything random in this run. */
  readonly seed: number;
  /** How many random runs the model makes. */
  readonly runs: number;
  /** How many times the crash group's own number of crashes it makes. */
  readonly crashScale: number;
  /** Adds to how many states the crash group has judged. */
  readonly countCrashStates: (states: number) => void;
}

/** Says why a test cannot run on a backend of these capabilities; `undefined` if it can. */
export type Need = (capabilities: LogCapabilities) => string | undefined;

/** One test of one clause of the contract. */
export interface ClauseTest {
  /** The clause's id, such as `TRIM-3`; the title in the runner begins with it. */
  readonly clause: string;
  readonly title: string;
  readonly needs: readonly Need[];
  readonly body: (subject: ClauseSubject) => Promise<void>;
}

/** A test that runs on every backend. */
export function clause(
  id: string,
  title: string,
  body: (subject: ClauseSubject) => Promise<void>,
): ClauseTest {
  return { clause: id, title, needs: [], body };
}

/** A test that runs only on backends that have what it needs. */
export function clauseNeeding(
  needs: Need | readonly Need[],
  id: string,
  title: string,
  body: (subject: ClauseSubject) => Promise<void>,
): ClauseTest {
  return { clause: id, title, needs: typeof needs === 'function' ? [needs] : needs, body };
}

export const reopening: Need = ({ reopen }) => (reopen ? undefined : 'fixture says reopen: false');

export const excluding: Need = ({ exclusion }) =>
  exclusion === 'none' ? "fixture says exclusion: 'none'" : undefined;

export const configurableLimit: Need = ({ configurableLimit }) =>
  configurableLimit ? undefined : 'fixture says configurableLimit: false';

export const batchLimit: Need = ({ maxBatchBytes }) =>
  maxBatchBytes === undefined ? 'fixture gives no maxBatchBytes' : undefined;

export const metadata: Need = (capabilities) =>
  capabilities.metadata === undefined ? 'fixture gives no metadata' : undefined;

export const failingAppends: Need = ({ failAppends }) =>
  failAppends === undefined ? 'fixture gives no failAppends' : undefined;

/** A crash comes to nothing where a log cannot be opened again. */
export const crashing: readonly Need[] = [
  ({ crash }) => (crash === undefined ? 'fixture gives no crash' : undefined),
  reopening,
];

/** Of a simulated disk anything can fail. */
export const failingStorage: readonly Need[] = [
  ...crashing,
  (capabilities) =>
    capabilities.crash !== undefined && isDiskCrash(capabilities.crash)
      ? undefined
      : failingAppends(capabilities),
];
