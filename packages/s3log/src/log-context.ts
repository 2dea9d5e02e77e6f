import type { LogKeys } from './keys/log-keys.ts';
import type { RootStore } from './root/root-store.ts';
import type { Requests } from './store/requests.ts';

/** What every part of an open log works with. */
export interface LogContext {
  readonly keys: LogKeys;
  readonly requests: Requests;
  readonly roots: RootStore;
}
