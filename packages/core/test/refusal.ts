import { LogError } from '@wal/core';
import { expect } from 'vitest';

/** Runs `call`, which must be refused, and gives the error. */
export function refusal(call: () => unknown): LogError {
  try {
    call();
  } catch (error) {
    if (error instanceof LogError) return error;
    throw error;
  }
  return expect.unreachable('it was accepted');
}

export function expectInvalid(call: () => unknown, message: string): void {
  const { code, message: actual } = refusal(call);
  expect(code).toBe('ERR_LOG_INVALID_ARGUMENT');
  expect(actual).toBe(message);
}
