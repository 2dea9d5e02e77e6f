import { StoreError, type StoreErrorKind } from './store-error.ts';

/** The HTTP status that an error of the SDK came with; `undefined` if no answer came. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata
    ?.httpStatusCode;
}

/** Refusals that pass: too old a request, credentials that have run out and are fetched anew, a body spoilt on its way. */
const PASSING = [
  'RequestTimeTooSkewed',
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'RequestTimeout',
  'BadDigest',
  'IncompleteBody',
  'XAmzContentSHA256Mismatch',
];
/** Statuses of what passes: a redirect until a name is known everywhere, a request that took too long. */
const BRIEF = [307, 408];
/** What the SDK says when it finds no credentials, no region, or an endpoint that is no URL: nothing was sent. */
const NOT_SENT = ['CredentialsProviderError', 'TokenProviderError'];
const NO_REGION = 'Region is missing';
const NO_URL = 'ERR_INVALID_URL';
/** What says that a request was not done. */
const FINAL: readonly StoreErrorKind[] = ['refused', 'unsupported'];

/** What an error of the SDK means for a request to this bucket. */
export function s3Failure(error: unknown, bucket: string): StoreError {
  if (error instanceof StoreError) return error;
  const { name = 'Error', message, code } = error as NodeJS.ErrnoException;
  const isNotSent = message === NO_REGION || code === NO_URL || NOT_SENT.includes(name);
  const last = isNotSent ? 'refused' : kindOf(statusOf(error), name);
  const isAnswered = statusOf(error) !== undefined;
  const isDoubtful = wasRepeated(error) || (isAnswered && !isSaidByStore(error));
  const kind = isDoubtful && FINAL.includes(last) ? 'unavailable' : last;
  return new StoreError(kind, `${described(error as Error)}, bucket=${bucket}`, error);
}

/** By a client of one's own: what was refused last may have been done before. */
function wasRepeated(error: unknown): boolean {
  const { attempts = 1 } = (error as { $metadata?: { attempts?: number } }).$metadata ?? {};
  return attempts > 1;
}

/**
 * Whether the store itself says which error it is. An answer that broke off does not, nor does one of something on the way,
 * which knows nothing of the request: what it refuses may have been done, or be done next time.
 */
export function isSaidByStore(error: unknown): boolean {
  const { Code } = error as { Code?: unknown };
  return typeof Code === 'string' && Code !== '';
}

/** Where an answer cannot be read the SDK adds a line for those who have the error's object at hand. */
const HINT = /\n\s*Deserialization error: .*/s;

/** Servers may give no more than a code; what the SDK says then says nothing. */
function described(error: Error): string {
  const { name = 'Error' } = error;
  const message = (error.message ?? '').replace(HINT, '');
  const status = statusOf(error);
  const what = status === undefined ? name : `${name} (HTTP ${status})`;
  return message === '' || message === 'UnknownError' || message === name
    ? what
    : `${what}: ${message}`;
}

function kindOf(status: number | undefined, name: string): StoreErrorKind {
  if (status === undefined || BRIEF.includes(status) || PASSING.includes(name))
    return 'unavailable';
  if (status === 409) return 'conflict';
  if (status === 429 || status === 503 || name.includes('Throttl')) return 'throttled';
  if (status === 501) return 'unsupported';
  // Any other redirect says that the bucket is in another region.
  return status >= 300 && status < 500 ? 'refused' : 'unavailable';
}
