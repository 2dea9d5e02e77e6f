import { finished, Readable } from 'node:stream';
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3';

/** The whole body of an answer. Of a stream each part is copied once, as it comes, to where it stays. */
export async function readBody({
  Body: body,
  ContentLength: length,
}: GetObjectCommandOutput): Promise<Uint8Array> {
  if (body instanceof Readable && length !== undefined) return await collect(body, length);
  return (await body?.transformToByteArray()) ?? new Uint8Array(0);
}

/** Less than `length` bytes where the stream ends early. */
function collect(body: Readable, length: number): Promise<Uint8Array> {
  // Memory of its own, and not zeroed: all of it that is returned has been written.
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  let at = 0;
  return new Promise((resolve, reject) => {
    body.on('data', (part: Uint8Array) => {
      if (at + part.length > length) {
        body.destroy(new Error(`more came than the ${length} bytes announced`));
        return;
      }
      bytes.set(part, at);
      at += part.length;
    });
    finished(body, { writable: false }, (error) => {
      if (error) reject(error);
      else resolve(at === length ? bytes : bytes.subarray(0, at));
    });
  });
}
