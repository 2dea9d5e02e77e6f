import { LogError } from '@wal/core';

/** The error for a store that does something which no log can bear. */
export function unsupported(what: string, cause?: unknown): LogError {
  return new LogError('ERR_LOG_UNSUPPORTED_STORE', `the store ${what}`, { cause });
}
