import { isLogError, type LogError, type LogErrorCode, MAX_RECORD_ID } from '@wal/core';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-code.ts';
import { storeAdvice } from './store-advice.ts';
import { UsageError } from './usage-error.ts';

/** A failure as its one line, and its exit code. */
export interface Explanation {
  readonly line: string;
  readonly exitCode: number;
}

const SET_RIGHT = 'set right what the message names, then run the command again';

type Advice = (error: LogError) => string;

const LOG_ADVICE: Partial<Record<LogErrorCode, Advice>> = {
  ERR_LOG_LOCKED: ({ holder }) =>
    holder?.pid === undefined
      ? 'wait until the other writer is done; reading commands work beside it'
      : `wait for process ${holder.pid} on ${holder.host ?? 'this host'}, or stop it; reading commands work beside it`,
  ERR_LOG_FENCED: () =>
    'another writer has the log now: run the command again only if it should not',
  ERR_LOG_CORRUPT: () =>
    'keep the log as it is; for a directory run `wal verify`, then `wal repair`',
  ERR_LOG_NO_SPACE: () => 'free some space, then go on with what was not appended',
  ERR_LOG_OUTCOME_UNKNOWN: ({ firstId }) =>
    `look whether record ${firstId} is there with \`wal stat\` before it is appended again`,
  ERR_LOG_TOO_LARGE: ({ limit }) =>
    limit === MAX_RECORD_ID
      ? 'the ids are used up: go on in a new log'
      : 'split the record, or raise --max-record-bytes',
  ERR_LOG_UNSUPPORTED_FORMAT: () => 'check the address, or use a newer release',
  ERR_LOG_UNSUPPORTED_STORE: () => 'use a store with conditional puts',
  ERR_LOG_FAILED: (error) => storeAdvice(error) ?? SET_RIGHT,
  ERR_LOG_READ_ONLY: () => 'check the address and the permissions',
  ERR_LOG_INVALID_ARGUMENT: () => 'check the address and the options',
  ERR_LOG_TRIMMED: ({ firstId }) => `read on from record ${firstId}`,
  ERR_LOG_TRUNCATED: ({ lastId }) => `read on from record ${(lastId ?? 0) + 1}`,
};

const LOG_EXIT: Partial<Record<LogErrorCode, number>> = {
  ERR_LOG_LOCKED: EXIT.locked,
  ERR_LOG_FENCED: EXIT.locked,
  ERR_LOG_CORRUPT: EXIT.damaged,
  ERR_LOG_OUTCOME_UNKNOWN: EXIT.unknown,
};

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory; check the path',
  EACCES: 'no permission; check who owns the file',
  EPERM: 'no permission; check who owns the file',
  EISDIR: 'that is a directory; give a file',
  ENOTDIR: 'part of the path is no directory; check the path',
  EEXIST: 'that is there already; choose another name',
  ENOSPC: 'no space left; free some, then run the command again',
  EDQUOT: 'the quota is used up; free some space, then run the command again',
  EROFS: 'the file system is read-only; choose another place',
};

/** One line that says what happened and what to do next. */
export function explain(error: unknown): Explanation {
  if (error instanceof UsageError) return { line: oneLine(error.message), exitCode: EXIT.usage };
  if (error instanceof CommandError) {
    return { line: oneLine(error.message), exitCode: error.exitCode };
  }
  if (isLogError(error)) {
    const advice = LOG_ADVICE[error.code]?.(error);
    const what = `${error.code}: ${error.message}`;
    return {
      line: oneLine(advice === undefined ? what : `${what}; ${advice}`),
      exitCode: LOG_EXIT[error.code] ?? EXIT.failed,
    };
  }
  return { line: oneLine(systemMessage(error)), exitCode: EXIT.failed };
}

function systemMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : SYSTEM_ERRORS[code];
  if (known === undefined) {
    const advice = storeAdvice(error) ?? (code === undefined ? undefined : SET_RIGHT);
    return advice === undefined ? error.message : `${error.message}; ${advice}`;
  }
  return path === undefined ? known : `${path}: ${known}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n]+\s*/g, ' ').trim();
}
