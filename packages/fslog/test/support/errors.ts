import { isLogError, type LogError, type LogErrorCode } from '@wal/core';
import { expect } from 'vitest';

/** The `LogError` of `code` that a promise rejects with; fails on everything else. */
export async function rejection(promise: Promise<unknown>, code: LogErrorCode): Promise<LogError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) throw new Error(`must reject ${code}, but resolved`);
  const { error } = outcome;
  if (!isLogError(error)) throw new Error(`must reject ${code}`, { cause: error });
  expect(error.code, error.message).toBe(code);
  return error;
}
