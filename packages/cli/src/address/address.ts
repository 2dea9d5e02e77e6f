import { fileURLToPath } from 'node:url';
import { UsageError } from '../failure/usage-error.ts';

/** Where a log is. */
export type Address =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'bucket'; readonly bucket: string; readonly key: string }
  | { readonly kind: 'memory' };

/**
 * `orders`, `file:orders`, `file:///var/orders`, `s3://bucket/prefix`, `mem:`. A path with a colon in its first part needs `./` before it.
 * @throws UsageError
 */
export function parseAddress(text: string): Address {
  if (text === '')
    throw new UsageError('the address is empty: give a directory, or s3://BUCKET/PREFIX');
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]+):(.*)$/is.exec(text) ?? [];
  switch (scheme?.toLowerCase()) {
    case undefined:
      return { kind: 'directory', path: text };
    case 'file':
      return { kind: 'directory', path: filePath(text, rest) };
    case 's3':
      return bucketAddress(text, rest);
    case 'mem':
      if (rest !== '') throw new UsageError(`'${text}': a log in memory has no name; write mem:`);
      return { kind: 'memory' };
    default:
      throw new UsageError(
        `'${text}': ${scheme}: is no kind of log; use file:, s3:// or mem:, or ./${text} for a path`,
      );
  }
}

/** A URL where it is one, else a path: `file:orders` is relative. */
function filePath(text: string, rest: string): string {
  if (!rest.startsWith('//')) {
    if (rest === '') throw new UsageError(`'${text}' names no directory; write file:PATH`);
    return rest;
  }
  try {
    return fileURLToPath(text);
  } catch {
    throw new UsageError(`'${text}' is no path of this host; write file:///PATH or file:PATH`);
  }
}

function bucketAddress(text: string, rest: string): Address {
  const [, bucket, key = ''] = /^\/\/([^/?#]+)(?:\/(.*))?$/s.exec(rest) ?? [];
  if (bucket === undefined)
    throw new UsageError(`'${text}' names no bucket; write s3://BUCKET/PREFIX`);
  return { kind: 'bucket', bucket, key };
}
