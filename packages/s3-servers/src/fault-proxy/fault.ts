import type { S3ErrorCode } from '../s3-server/s3-error.ts';

/** What happens to a request on its way. */
export interface Fault {
  /** Whether the server gets it. */
  readonly isDone: boolean;
  /** What the client gets in place of the server's answer; absent: that answer, or none. */
  readonly instead?: 'reset' | 'silence' | 'half' | S3ErrorCode;
  /** How long the answer waits. */
  readonly delayMs?: number;
  /** Resolves when the request may go on to the server. */
  readonly held?: Promise<unknown>;
}

/** The faults that any request can meet. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'dropped before it is done': { isDone: false, instead: 'reset' },
  'dropped after it is done': { isDone: true, instead: 'reset' },
  'hangs, not done': { isDone: false, instead: 'silence' },
  'hangs, done': { isDone: true, instead: 'silence' },
  'delayed beyond the time limit': { isDone: true, delayMs: 500 },
  'half an answer': { isDone: true, instead: 'half' },
  '409': { isDone: false, instead: 'ConditionalRequestConflict' },
  '429': { isDone: false, instead: 'TooManyRequests' },
  '500, not done': { isDone: false, instead: 'InternalError' },
  '500, done': { isDone: true, instead: 'InternalError' },
  '503 SlowDown': { isDone: false, instead: 'SlowDown' },
};

/** Those that only a put with a condition can meet: the key is said to be there. */
export const PUT_FAULTS: Readonly<Record<string, Fault>> = {
  ...FAULTS,
  '412, not done': { isDone: false, instead: 'PreconditionFailed' },
  '412, done': { isDone: true, instead: 'PreconditionFailed' },
};
