import { checkOptionsObject, invalidArgument } from '@wal/core';
import type { S3StoreOptions } from './s3-store.ts';

/**
 * What would fail each request, and be tried again and again, is refused at once.
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT`
 */
export function checkS3StoreOptions(options: S3StoreOptions): void {
  checkOptionsObject('options', options);
  const { bucket, region, endpoint, forcePathStyle, client } = options;
  if (typeof bucket !== 'string' || bucket === '') {
    throw invalidArgument('bucket', "a bucket's name", bucket);
  }
  if (region !== undefined && (typeof region !== 'string' || region === '')) {
    throw invalidArgument('region', "a region's name", region);
  }
  if (endpoint !== undefined && !isHttpUrl(endpoint)) {
    throw invalidArgument('endpoint', 'a URL that begins with http:// or https://', endpoint);
  }
  if (forcePathStyle !== undefined && typeof forcePathStyle !== 'boolean') {
    throw invalidArgument('forcePathStyle', 'a boolean', forcePathStyle);
  }
  if (client !== undefined && typeof client?.send !== 'function') {
    throw invalidArgument('client', 'an S3Client', client);
  }
}

function isHttpUrl(endpoint: unknown): boolean {
  return typeof endpoint === 'string' && /^https?:\/\//.test(endpoint) && URL.canParse(endpoint);
}
