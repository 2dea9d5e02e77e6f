import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { type ByteRange, MAX_KEYS, type ObjectEntry, type ObjectStore } from './object-store.ts';
import { readObject } from './read-object.ts';
import { isSaidByStore, s3Failure, statusOf } from './s3-failure.ts';
import { checkS3StoreOptions } from './s3-store-options.ts';
import { DeleteError, StoreError } from './store-error.ts';

/** Which bucket, and how it is reached. What is left out comes from where the AWS SDK takes it: environment, profile. */
export interface S3StoreOptions {
  /** The bucket's name. It must exist. */
  readonly bucket: string;
  /** The bucket's region. */
  readonly region?: string | undefined;
  /** The URL of a server other than AWS', with http:// or https://. */
  readonly endpoint?: string | undefined;
  /** The bucket's name in the path, not in the host's name: what most other servers need. Default: false. */
  readonly forcePathStyle?: boolean | undefined;
  /**
   * A client of one's own, which is not destroyed. Best with `maxAttempts: 1`: the log repeats requests itself;
   * and with `expectContinueHeader: false`: otherwise each put of 2 MiB or more makes a connection of its own.
   */
  readonly client?: S3Client | undefined;
}

/** A bucket as an `ObjectStore`. */
export interface S3Store extends ObjectStore {
  /** Ends the connections, unless the client was given. */
  destroy(): void;
}

/**
 * Opens nothing yet: the first request finds out whether bucket and credentials are right.
 * @throws LogError `ERR_LOG_INVALID_ARGUMENT`
 */
export function createS3Store(options: S3StoreOptions): S3Store {
  checkS3StoreOptions(options);
  const { bucket: Bucket } = options;
  const failure = (error: unknown): StoreError => s3Failure(error, Bucket);
  const client = options.client ?? new S3Client(clientConfig(options));
  return {
    putIfAbsent: async (key, body, { signal } = {}) => {
      const input = { Bucket, Key: key, Body: body, IfNoneMatch: '*' };
      try {
        const { ETag } = await client.send(new PutObjectCommand(input), given(signal));
        if (ETag === undefined) throw notOfStore('a put');
        return 'created';
      } catch (error) {
        if (statusOf(error) === 412) return 'exists';
        throw failure(error);
      }
    },
    get: async (key, { range, signal } = {}) => {
      const input = { Bucket, Key: key, Range: range && rangeHeader(range) };
      try {
        const answer = await client.send(new GetObjectCommand(input), given(signal));
        return await readObject(answer, range);
      } catch (error) {
        if (isAbsent(error)) return undefined;
        // Nothing lies in the range: the object ends before it.
        const isBeyond = range !== undefined && statusOf(error) === 416 && isSaidByStore(error);
        if (isBeyond) return { body: new Uint8Array(0), size: 0 };
        throw failure(error);
      }
    },
    list: async (prefix, { startAfter, limit = MAX_KEYS, signal } = {}) => {
      try {
        return await listPages(
          client,
          { Bucket, Prefix: prefix, StartAfter: startAfter },
          limit,
          signal,
        );
      } catch (error) {
        throw failure(error);
      }
    },
    delete: async (keys, { signal } = {}) => {
      if (keys.length === 0) return;
      try {
        await deleteTogether(client, Bucket, keys, signal);
      } catch (error) {
        if (error instanceof DeleteError) throw error;
        if (!NOT_TOGETHER.includes(statusOf(error) ?? 0)) throw failure(error);
        await deleteEach(client, Bucket, keys, signal);
      }
    },
    destroy: () => {
      if (options.client === undefined) client.destroy();
    },
  };
}

/** As many as the most puts in flight, and some for reads. */
const SOCKETS = 512;

/** One attempt a request: the SDK's own second one would find what the first has stored, and call it another's. */
function clientConfig({ region, endpoint, forcePathStyle }: S3StoreOptions) {
  return {
    maxAttempts: 1,
    // Older servers know no checksum headers; what is stored has checksums of its own.
    requestChecksumCalculation: 'WHEN_REQUIRED' as const,
    responseChecksumValidation: 'WHEN_REQUIRED' as const,
    // With it each put of a chunk would make a connection of its own.
    expectContinueHeader: false,
    requestHandler: { httpAgent: { maxSockets: SOCKETS }, httpsAgent: { maxSockets: SOCKETS } },
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(forcePathStyle !== undefined && { forcePathStyle }),
  };
}

function given(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function rangeHeader({ offset, length }: ByteRange): string {
  return `bytes=${offset}-${offset + length - 1}`;
}

/** A proxy, a portal or a page of some server also says that all is well. */
function notOfStore(what: string): StoreError {
  return new StoreError('unavailable', `the answer to ${what} is not of the store`);
}

const NOT_THERE = 'NoSuchKey';

/** Any other 404 (no such bucket, one of something on the way) is no answer about the object. */
function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && (error as Error).name === NOT_THERE;
}

/** A page may hold fewer objects than asked for, even none, and not be the last: as where versions were deleted. */
async function listPages(
  client: S3Client,
  input: ListObjectsV2CommandInput,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<ObjectEntry[]> {
  const entries: ObjectEntry[] = [];
  let ContinuationToken: string | undefined;
  do {
    const MaxKeys = limit - entries.length;
    const command = new ListObjectsV2Command({ ...input, MaxKeys, ContinuationToken });
    const answer = await client.send(command, given(signal));
    if (answer.IsTruncated === undefined) throw notOfStore('a listing');
    for (const { Key = '', Size = 0, LastModified } of answer.Contents ?? []) {
      entries.push({ key: Key, size: Size, modifiedAtMs: LastModified?.getTime() ?? 0 });
    }
    if (!answer.IsTruncated || entries.length >= limit) return entries;
    ContinuationToken = answer.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  throw new StoreError('unavailable', 'a listing breaks off, and does not say where it goes on');
}

/**
 * The statuses with which servers refuse a delete of many keys that they cannot do. 403 is one: Ceph 16 wants a
 * permission for the whole bucket for it, and for the objects only if each is deleted by itself.
 */
const NOT_TOGETHER = [400, 403, 405, 411, 501];
/** Deletes of one key at a time that are under way at once. */
const DELETES_AT_ONCE = 8;

async function deleteTogether(
  client: S3Client,
  Bucket: string,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  // Not quiet: an answer that names no key is not of the store.
  const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: false };
  const command = new DeleteObjectsCommand({ Bucket, Delete });
  addContentMd5(command);
  const { Deleted = [], Errors = [] } = await client.send(command, given(signal));
  if (Deleted.length + Errors.length === 0) throw notOfStore('a delete');
  const failed = Errors.filter(({ Code }) => Code !== NOT_THERE);
  if (failed.length > 0) throw new DeleteError(failed.map(({ Key }) => Key ?? ''));
}

/** For servers that delete no other way. */
async function deleteEach(
  client: S3Client,
  Bucket: string,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const failed: string[] = [];
  let cause: StoreError | undefined;
  const left = [...keys];
  const deleteSome = async (): Promise<void> => {
    for (let Key = left.pop(); Key !== undefined; Key = left.pop()) {
      try {
        await client.send(new DeleteObjectCommand({ Bucket, Key }), given(signal));
      } catch (error) {
        if (isAbsent(error)) continue;
        failed.push(Key);
        cause = s3Failure(error, Bucket);
        if (cause.kind === 'refused') failed.push(...left.splice(0)); // So would the others be.
      }
    }
  };
  await Promise.all(Array.from({ length: DELETES_AT_ONCE }, deleteSome));
  if (failed.length > 0) throw new DeleteError(failed, cause);
}

/** Servers that know no newer checksum demand this one of a delete of many keys. */
function addContentMd5(command: DeleteObjectsCommand): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { headers: Record<string, string>; body?: unknown };
      const { body } = request;
      if (typeof body === 'string' || body instanceof Uint8Array) {
        request.headers['content-md5'] = createHash('md5').update(body).digest('base64');
      }
      return next(args);
    },
    { step: 'build', name: 'addContentMd5', priority: 'low' },
  );
}
