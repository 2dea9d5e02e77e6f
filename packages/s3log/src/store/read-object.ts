import { IncomingMessage } from 'node:http';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';
import type { ByteRange, StoredObject } from './object-store.ts';
import { readBody } from './read-body.ts';
import { StoreError } from './store-error.ts';

/** Encodings that something on the way may give a body: its bytes are not those that are stored then. */
const COMPRESSED = /\b(gzip|deflate|br|zstd|compress)\b/i;

/**
 * What a get was answered: an object, or the part of it that was asked for.
 * @throws StoreError `unavailable` for an answer that is none of the store, or does not show whether all of it came.
 */
export async function readObject(
  answer: GetObjectCommandOutput,
  range: ByteRange | undefined,
): Promise<StoredObject> {
  const part = partOf(answer.ContentRange);
  const wrong = whatIsWrong(answer, part, range);
  if (wrong !== undefined) {
    discard(answer.Body);
    throw new StoreError('unavailable', `the answer to a get ${wrong}`);
  }
  const body = await readBody(answer);
  const size = part?.size ?? answer.ContentLength ?? body.length;
  const due = part?.length ?? size;
  if (body.length !== due) {
    throw new StoreError('unavailable', `${body.length} bytes came of ${due}`);
  }
  if (part !== undefined || range === undefined) return { body, size };
  // A server may give the whole object where a part was asked for.
  return { body: body.slice(range.offset, range.offset + range.length), size };
}

/** A part of an object, as a server names it. */
interface ContentRange extends ByteRange {
  readonly size: number;
}

/** Of `bytes 0-127/4096`. */
function partOf(contentRange = ''): ContentRange | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange);
  if (match === null) return undefined;
  const [first = 0, last = 0, size = 0] = match.slice(1).map(Number);
  return { offset: first, length: last + 1 - first, size };
}

function whatIsWrong(
  answer: GetObjectCommandOutput,
  part: ContentRange | undefined,
  range: ByteRange | undefined,
): string | undefined {
  const { $metadata, ContentEncoding = '', ContentRange, ETag } = answer;
  if (ETag === undefined) return 'has no ETag: it is not of the store';
  if (COMPRESSED.test(ContentEncoding)) return `is encoded: ${ContentEncoding}`;
  if (ContentRange === undefined && $metadata.httpStatusCode !== 206) {
    return isOpenEnded(answer) ? 'does not say how long it is' : undefined;
  }
  const isAskedFor =
    part !== undefined &&
    part.offset === range?.offset &&
    part.length === Math.min(range.length, part.size - range.offset);
  return isAskedFor ? undefined : `is of another part: ${ContentRange}`;
}

/** It ends where its connection does, and so may have been cut. */
function isOpenEnded({ Body, ContentLength }: GetObjectCommandOutput): boolean {
  if (ContentLength !== undefined) return false;
  return !(Body instanceof IncomingMessage) || Body.headers['transfer-encoding'] === undefined;
}

/** Nobody reads it: it would hold its connection. */
function discard(body: GetObjectCommandOutput['Body']): void {
  if (body !== undefined && 'destroy' in body) body.destroy();
  else
    body
      ?.transformToWebStream()
      .cancel()
      .catch(() => undefined);
}
