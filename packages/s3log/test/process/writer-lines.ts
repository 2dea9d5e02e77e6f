import type { Credentials } from '@wal/s3-servers';

/** What a writer is told, as its one parameter. */
export interface WriterOrders {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly credentials: Credentials;
  readonly prefix: string;
  readonly seed: number;
  /** How many rounds it works; then it closes the log. */
  readonly rounds: number;
}

/** What a writer says, a line each: what it begins before it begins it, and what it came to. */
export type WriterLine =
  | { readonly say: 'opened'; readonly epoch: number; readonly nextId: number }
  /** One record, with the id that it gets if nobody else has the log. */
  | { readonly say: 'append'; readonly id: number; readonly text: string }
  | { readonly say: 'appended'; readonly id: number }
  /** Nothing else is under way. */
  | { readonly say: 'truncate' | 'trim'; readonly to: number }
  | { readonly say: 'truncated' | 'trimmed'; readonly to: number }
  | { readonly say: 'failed'; readonly what: string; readonly code: string }
  | { readonly say: 'closed' };
