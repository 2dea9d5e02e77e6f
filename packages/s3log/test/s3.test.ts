import { connect } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';
import { type Disturbance, type S3ErrorCode, type S3Request, S3Server } from '@wal/s3-servers';
import { openS3Log } from '@wal/s3log';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fastClock } from './support/fast-clock.ts';
import { startS3 } from './support/s3-bucket.ts';

let s3: Awaited<ReturnType<typeof startS3>>;

beforeEach(async () => {
  s3 = await startS3();
});

afterEach(() => s3.stop());

const clock = fastClock(100);
/** A minute of the machine for a request, and for all that repeats one: it may be busy. */
const patient = { requestTimeoutMs: 6_000_000, giveUpAfterMs: 6_000_000 };
const usual = { prefix: 'logs/a', clock, ...patient };
const open = (options = {}) =>
  openS3Log({ bucket: S3Server.bucket, client: s3.client, ...usual, ...options });

const isChunk = ({ method, key, body }: S3Request): boolean =>
  method === 'PUT' && key.startsWith('logs/a/d/') && body.length % 2 === 0;

/** Disturbs the first requests of a kind. */
function disturbFirst(
  count: number,
  isMeant: (request: S3Request) => boolean,
  disturbance: Disturbance,
): () => number {
  let disturbed = 0;
  s3.server.disturb = (request) => {
    if (!isMeant(request) || disturbed === count) return undefined;
    disturbed++;
    return disturbance;
  };
  return () => disturbed;
}

it('keeps a log under its prefix, and finds it again', async () => {
  const log = await open();
  await log.append([Buffer.from('a'), Buffer.from('b')]);
  await log.close();
  expect(s3.server.keys.every((key) => key.startsWith('logs/a/'))).toBe(true);
  const again = await open({ prefix: 'logs/a/' });
  expect([again.firstId, again.lastId, again.epoch]).toEqual([1, 2, 2]);
  expect(Buffer.from((await again.get(2)).data).toString()).toBe('b');
  await again.close();
});

describe('an append that meets trouble is in the log once', () => {
  const troubles: [string, Disturbance][] = [
    ['409', { error: 'ConditionalRequestConflict' }],
    ['500', { error: 'InternalError' }],
    ['503', { error: 'SlowDown' }],
    ['a lost answer', { unanswered: true }],
  ];
  it.each(troubles)('%s', async (_, disturbance) => {
    const log = await open();
    const disturbed = disturbFirst(3, isChunk, disturbance);
    const ids = await Promise.all([log.append(Buffer.from('a')), log.append(Buffer.from('b'))]);
    await log.append(Buffer.from('c'));
    expect(disturbed()).toBeGreaterThan(0);
    expect(ids.map(({ firstId }) => firstId)).toEqual([1, 2]);
    await log.close();
    const texts: string[] = [];
    const again = await open();
    for await (const { data } of again.iterator()) texts.push(Buffer.from(data).toString());
    expect(texts).toEqual(['a', 'b', 'c']);
    await again.close();
  });
});

it('reads again what was cut on its way', async () => {
  const log = await open();
  await log.append(Buffer.alloc(100_000, 'x'));
  const isGet = ({ method, key }: S3Request): boolean => method === 'GET' && key.includes('/d/');
  const disturbed = disturbFirst(1, isGet, { cut: true });
  expect((await log.get(1)).data.length).toBe(100_000);
  expect(disturbed()).toBe(1);
  await log.close();
});

describe('an error that breaks off decides nothing: the request is sent again', () => {
  const errors: S3ErrorCode[] = ['NoSuchKey', 'NotFound', 'AccessDenied', 'NotImplemented'];
  it.each(errors)('%s', async (error) => {
    const log = await open();
    const cutPuts = disturbFirst(1, isChunk, { error, cut: true });
    await log.append(Buffer.from('a'));
    const isGet = ({ method }: S3Request): boolean => method === 'GET';
    const cutGets = disturbFirst(1, isGet, { error, cut: true });
    expect(Buffer.from((await log.get(1)).data).toString()).toBe('a');
    expect([cutPuts(), cutGets()]).toEqual([1, 1]);
    await log.close();
  });
});

describe('what is refused is never taken for absent', () => {
  const refusals: S3ErrorCode[] = [
    'AccessDenied',
    'NoSuchBucket',
    'InvalidAccessKeyId',
    'PermanentRedirect',
  ];
  it.each(refusals)('%s', async (error) => {
    s3.server.disturb = () => ({ error });
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_LOG_FAILED',
      message: expect.stringContaining(error),
      cause: { kind: 'refused' },
    });
    expect(s3.server.requests).toHaveLength(1);
  });
});

it('a 404 that is not of the object itself is no proof that it is not there', async () => {
  const log = await open();
  await log.append(Buffer.from('a'));
  const isGet = ({ method, key }: S3Request): boolean => method === 'GET' && key.includes('/d/');
  disturbFirst(Number.POSITIVE_INFINITY, isGet, { error: 'NotFound' });
  await expect(log.get(1)).rejects.toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: expect.stringContaining('NotFound'),
  });
  s3.server.disturb = () => undefined;
  expect(Buffer.from((await log.get(1)).data).toString()).toBe('a');
  await log.close();
});

it('credentials that have run out and a body spoilt on its way are no reason to give up', async () => {
  const log = await open();
  for (const error of ['ExpiredToken', 'IncompleteBody', 'RequestTimeTooSkewed'] as const) {
    const disturbed = disturbFirst(2, isChunk, { error });
    await log.append(Buffer.from(error));
    expect(disturbed()).toBe(2);
  }
  expect(log.lastId).toBe(3);
  await log.close();
});

it('a store that is away for ten minutes fails the append that it holds up, and loses none before', async () => {
  const faster = fastClock(1_000);
  const log = await open({ clock: faster, requestTimeoutMs: 60_000_000, giveUpAfterMs: 60_000 });
  await log.append(Buffer.from('a'));
  s3.server.disturb = () => ({ error: 'InternalError' });
  const late = log.append(Buffer.from('b'));
  const change = log.trim(1);
  await Promise.all([
    expect(late).rejects.toMatchObject({
      code: 'ERR_LOG_OUTCOME_UNKNOWN',
      firstId: 2,
      cause: { kind: 'unavailable', message: expect.stringContaining('InternalError') },
    }),
    expect(change).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' }),
  ]);
  await expect(log.append(Buffer.from('c'))).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
  await faster.sleep(600_000);
  await log.close();
  s3.server.disturb = () => undefined;
  const again = await open();
  expect([again.firstId, again.lastId]).toEqual([1, 1]);
  await again.close();
});

it('finds everything where pages of a listing are short, or empty and not the last', async () => {
  const log = await open({ chunkBytes: 1, clock: undefined });
  for (let i = 0; i < 12; i++) await log.append(Buffer.from(`${i}`));
  await log.truncate(11);
  await log.trim(9);
  await log.close();
  // As in a versioned bucket: the newest keys that a listing meets are deleted ones.
  const newest = s3.server.keys
    .filter((key) => /root|[/]d[/]/.test(key))
    .map((key) => key.slice(0, -1));
  for (const key of new Set(newest)) await s3.store.putIfAbsent(`${key}!`, Buffer.from(''));
  await s3.store.delete([...new Set(newest)].map((key) => `${key}!`));
  s3.server.keysLookedAt = 2;
  const again = await open();
  expect([again.firstId, again.lastId, again.epoch]).toEqual([10, 11, 3]);
  await again.close();
});

it('says which bucket is not there', async () => {
  await expect(open({ bucket: 'another' })).rejects.toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: 'listing of logs/a/root/ failed: NoSuchBucket (HTTP 404), bucket=another',
  });
});

describe('options that no request could go well with are refused before one is sent', () => {
  const wrong: [object, string][] = [
    [{ bucket: '' }, "bucket must be a bucket's name"],
    [{ endpoint: '127.0.0.1:9000' }, 'endpoint must be a URL that begins with http:// or https://'],
    [{ endpoint: 'http://' }, 'endpoint must be a URL'],
    [{ region: '' }, "region must be a region's name"],
    [{ forcePathStyle: 'yes' }, 'forcePathStyle must be a boolean'],
    [{ client: {} }, 'client must be an S3Client'],
  ];
  it.each(wrong)('%o', async (options, message) => {
    await expect(open(options)).rejects.toMatchObject({
      code: 'ERR_LOG_INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
    expect(s3.server.requests).toEqual([]);
  });
});

it('an endpoint of the client that is no URL is refused, and not tried again', async () => {
  const { credentials } = S3Server;
  const client = new S3Client({ region: 'us-east-1', endpoint: 'localhost', credentials });
  await expect(open({ client })).rejects.toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: expect.stringContaining('Invalid URL'),
    cause: { kind: 'refused' },
  });
  client.destroy();
});

it('a wrong secret is refused', async () => {
  const other = await startS3({ ...S3Server.credentials, secretAccessKey: 'wrong' });
  await expect(openS3Log({ store: other.store })).rejects.toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: expect.stringContaining('SignatureDoesNotMatch'),
  });
  await other.stop();
});

it('a put that is refused for good ends the handle, and the record is absent', async () => {
  const log = await open();
  disturbFirst(1, isChunk, { error: 'AccessDenied' });
  await expect(log.append(Buffer.from('a'))).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
  await expect(log.append(Buffer.from('b'))).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
  await log.close();
  const again = await open();
  expect(again.nextId).toBe(1);
  await again.close();
});

describe('a store without put-if-absent is refused, and nothing is left in it', () => {
  it('one that ignores the condition', async () => {
    s3.server.knowsConditions = false;
    await expect(open()).rejects.toMatchObject({ code: 'ERR_LOG_UNSUPPORTED_STORE' });
    expect(s3.server.keys).toEqual([]);
  });

  it('one that says so', async () => {
    disturbFirst(Number.POSITIVE_INFINITY, ({ method }) => method === 'PUT', {
      error: 'NotImplemented',
    });
    await expect(open()).rejects.toMatchObject({ code: 'ERR_LOG_UNSUPPORTED_STORE' });
    expect(s3.server.keys).toEqual([]);
  });
});

it('deletes one by one where a server cannot delete many at once', async () => {
  const log = await open({ chunkBytes: 1, clock: undefined });
  for (let i = 0; i < 40; i++) await log.append(Buffer.from('x'));
  disturbFirst(1, ({ method }) => method === 'POST', { error: 'NotImplemented' });
  await log.trim(39);
  await log.close();
  const chunks = s3.server.keys.filter((key) => key.includes('/d/'));
  expect(chunks).toHaveLength(1);
});

it('deletes one by one where to delete many at once is not allowed, and gives up if neither is', async () => {
  const log = await open({ chunkBytes: 1, clock: undefined, compactAfterChunks: 0 });
  for (let i = 0; i < 40; i++) await log.append(Buffer.from('x'));
  const isPost = ({ method }: S3Request): boolean => method === 'POST';
  disturbFirst(1, isPost, { error: 'AccessDenied' });
  await log.trim(20);
  await log.collect();
  const chunks = () => s3.server.keys.filter((key) => key.includes('/d/')).length;
  expect(chunks()).toBe(20);
  const isDelete = ({ method }: S3Request): boolean => method === 'POST' || method === 'DELETE';
  disturbFirst(Number.POSITIVE_INFINITY, isDelete, { error: 'AccessDenied' });
  await log.trim(38);
  const { length } = s3.server.requests;
  await expect(log.collect()).rejects.toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: expect.stringMatching(/objects were not deleted, the first is .*: AccessDenied/),
  });
  expect(chunks()).toBe(20);
  // A trim and a collection: each a listing or two, a delete of all together, and the first of them alone.
  expect(s3.server.requests.length - length).toBeLessThan(30);
  await log.close();
});

it('fails closed when the root versions were deleted', async () => {
  const log = await open();
  await log.append(Buffer.from('a'));
  await log.close();
  const roots = s3.server.keys.filter((key) => key.includes('/root/'));
  await s3.store.delete(roots);
  await expect(open()).rejects.toMatchObject({ code: 'ERR_LOG_CORRUPT' });
});

it('a client that goes away in the middle of a put stores nothing, and disturbs nobody', async () => {
  const log = await open();
  const { hostname, port } = new URL(s3.server.endpoint);
  const half = connect(Number(port), hostname);
  half.write(`PUT /${S3Server.bucket}/half HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf`);
  await log.append(Buffer.from('a')); // By then the half has arrived, too.
  half.resetAndDestroy();
  await log.append(Buffer.from('b'));
  expect(log.lastId).toBe(2);
  expect(s3.server.keys).not.toContain('half');
  await log.close();
});

it('uses its connections again', async () => {
  const log = await open();
  const { connections } = s3.server;
  for (let i = 0; i < 30; i++) await log.append(Buffer.from('x'));
  for (let id = 1; id <= 30; id++) await log.get(id);
  expect(s3.server.connections).toBe(connections);
  await log.close();
});

it('puts whole chunks over connections that it uses again, with a client of its own', async () => {
  const { accessKeyId, secretAccessKey } = S3Server.credentials;
  vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
  const { endpoint } = s3.server;
  const log = await openS3Log({
    bucket: S3Server.bucket,
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
  });
  const headers: S3Request['headers'][] = [];
  s3.server.disturb = (request) => {
    headers.push(request.headers);
    return undefined;
  };
  const { connections } = s3.server;
  const chunk = Array.from({ length: 4 }, () => Buffer.alloc(1024 * 1024));
  for (let i = 0; i < 5; i++) await log.append(chunk);
  expect(headers.map((each) => Number(each['content-length']) > 4 * 1024 * 1024)).toEqual(
    new Array(5).fill(true),
  );
  // A request that waits for the server's leave to send its body has a connection of its own.
  expect(headers.map(({ expect: waits }) => waits)).toEqual(new Array(5).fill(undefined));
  expect(s3.server.connections).toBe(connections);
  await log.close();
  vi.unstubAllEnvs();
});
