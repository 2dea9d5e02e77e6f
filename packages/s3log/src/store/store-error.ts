/**
 * What a failed request means:
 *
 * - `conflict`: it met another for the same key (409). Send it again.
 * - `throttled`: the store asks for fewer requests (429, 503). Wait, then send it again.
 * - `unavailable`: it may or may not have been done (a time-out, a reset, 5xx). Send it again.
 * - `refused`: it was not done, and will not be (no permission, no such bucket, bad credentials).
 * - `unsupported`: it was not done, since the store does not know such requests (501).
 */
export type StoreErrorKind = 'conflict' | 'throttled' | 'unavailable' | 'refused' | 'unsupported';

/** A request that failed. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
  }
}

/** A delete that did not delete these keys; it may have deleted the others. */
export class DeleteError extends Error {
  override readonly name = 'DeleteError';
  /** Those that may still be there. */
  readonly keys: readonly string[];

  constructor(keys: readonly string[], cause?: unknown) {
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    super(`${keys.length} objects were not deleted, the first is ${keys[0]}${reason}`, { cause });
    this.keys = keys;
  }
}

/** What an error of a store means. One that the store cannot tell leaves the outcome unknown. */
export function kindOf(error: unknown): StoreErrorKind {
  return error instanceof StoreError ? error.kind : 'unavailable';
}

/** Whether the same request, sent again, could succeed. */
export function isWorthRepeating(error: unknown): boolean {
  const kind = kindOf(error);
  return kind !== 'refused' && kind !== 'unsupported';
}
