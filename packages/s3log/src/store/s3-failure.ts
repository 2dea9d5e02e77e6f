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
  'RequestTimeout',
  'BadDigest',
  'IncompleteBody',
  'XAmzContentSHA256Mismatch',
];
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
  // A client of one's own may have repeated the request: what was refused last may have been done before.
  const kind = wasRepeated(error) && FINAL.includes(last) ? 'unavailable' : last;
  return new StoreError(kind, `${described(error as Error)}, bucket=${bucket}`, error);
}

function wasRepeated(error: unknown): boolean {
  const { attempts = 1 } = (error as { $metadata?: { attempts?: number } }).$metadata ?? {};
  return attempts > 1;
}

/** Servers may give no more than a code; what the SDK says then says nothing. */
function described(error: Error): string {
  const { name = 'Error', message = '' } = error;
  const status = statusOf(error);
  const what = status === undefined ? name : `${name} (HTTP ${status})`;
  return message === '' || message === 'UnknownError' || message === name
    ? what
    : `${what}: ${message}`;
}

function kindOf(status: number | undefined, name: string): StoreErrorKind {
  if (status === undefined || status === 408 || PASSING.includes(name)) return 'unavailable';
  if (status === 409) return 'conflict';
  if (status === 429 || status === 503) return 'throttled';
  if (status === 501) return 'unsupported';
  // A redirect says that the bucket is in another region.
  return status >= 300 && status < 500 ? 'refused' : 'unavailable';
}
