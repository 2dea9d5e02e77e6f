import { isLogError, LogError, type LogErrorDetails } from '@wal/core';
import { describe, expect, test, vi } from 'vitest';

describe('LogError', () => {
  test('ERRORS-2: is an Error with a name, a code and a message', () => {
    const error = new LogError('ERR_LOG_CLOSED', 'the log is closed');
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('LogError');
    expect(error.code).toBe('ERR_LOG_CLOSED');
    expect(error.message).toBe('the log is closed');
    expect(String(error)).toBe('LogError: the log is closed');
    expect(error.stack).toContain('errors.test');
  });

  test('ERRORS-2: carries what a caller acts on', () => {
    const details: Required<LogErrorDetails> = {
      cause: new Error('EIO'),
      expectedId: 1,
      limit: 2,
      firstId: 3,
      lastId: 4,
      nextId: 5,
      holder: { host: 'here', pid: 6 },
      epoch: 7,
      segment: 'a-segment',
      byteOffset: 8,
      firstAffectedId: 9,
      version: 10,
    };
    expect(new LogError('ERR_LOG_CORRUPT', 'rotten', details)).toMatchObject(details);
  });

  test('what it was not given is undefined, and 0 is not', () => {
    const error = new LogError('ERR_LOG_TRIMMED', 'trimmed', { firstId: 0 });
    expect(error.firstId).toBe(0);
    expect(error.lastId).toBeUndefined();
    expect(error.holder).toBeUndefined();
  });

  test('has a cause only if it was given one', () => {
    const cause = new Error('ENOSPC');
    expect(new LogError('ERR_LOG_NO_SPACE', 'full', { cause }).cause).toBe(cause);
    expect('cause' in new LogError('ERR_LOG_NO_SPACE', 'full')).toBe(false);
    expect('cause' in new LogError('ERR_LOG_NO_SPACE', 'full', { limit: 1 })).toBe(false);
  });
});

describe('isLogError', () => {
  const error: unknown = new LogError('ERR_LOG_CLOSED', 'closed');

  test('knows a LogError, and its code', () => {
    expect(isLogError(error)).toBe(true);
    expect(isLogError(error, 'ERR_LOG_CLOSED')).toBe(true);
    expect(isLogError(error, 'ERR_LOG_FAILED')).toBe(false);
  });

  test('knows that of another copy of this package', async () => {
    vi.resetModules();
    const copy = await import('@wal/core');
    expect(copy.LogError).not.toBe(LogError);
    expect(error).not.toBeInstanceOf(copy.LogError);
    expect(copy.isLogError(error, 'ERR_LOG_CLOSED')).toBe(true);
    expect(isLogError(new copy.LogError('ERR_LOG_FENCED', 'fenced'), 'ERR_LOG_FENCED')).toBe(true);
  });

  test('takes nothing else for one', () => {
    const system = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const lookalike = { name: 'LogError', code: 'ERR_LOG_CLOSED', message: 'closed' };
    for (const other of [undefined, null, 'LogError', 5, {}, new Error('x'), system, lookalike]) {
      expect(isLogError(other)).toBe(false);
      expect(isLogError(other, 'ERR_LOG_CLOSED')).toBe(false);
    }
  });

  test('narrows the type', () => {
    if (isLogError(error)) expect(error.code).toBe('ERR_LOG_CLOSED');
    else expect.unreachable();
  });
});
