import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SimRandom } from '@wal/conformance';
import { S3Server } from '@wal/s3-servers';
import {
  type Clock,
  createDirectoryStore,
  createMemoryStore,
  createS3Store,
  openS3Log,
  type S3Log,
} from '@wal/s3log';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fastClock } from './support/fast-clock.ts';
import { startS3 } from './support/s3-bucket.ts';
import { SwitchableStore } from './support/switchable-store.ts';

const HOUR_MS = 3_600_000;

let s3: Awaited<ReturnType<typeof startS3>>;

beforeEach(async () => {
  s3 = await startS3();
});

afterEach(() => s3.stop());

const clock = fastClock(100);
/** A minute of the machine for a request, and for all that repeats one: it may be busy. */
const usual = { clock, requestTimeoutMs: 6_000_000, giveUpAfterMs: 6_000_000 };
const open = (options = {}): Promise<S3Log> => openS3Log({ store: s3.store, ...usual, ...options });
const text = (data: Uint8Array): string => Buffer.from(data).toString();

async function textsOf(log: S3Log): Promise<string[]> {
  const texts: string[] = [];
  for await (const { data } of log.iterator()) texts.push(text(data));
  return texts;
}

/** A store of a client that is configured so. */
function storeWith(config: ConstructorParameters<typeof S3Client>[0]) {
  const client = new S3Client({
    endpoint: s3.server.endpoint,
    region: 'us-east-1',
    credentials: S3Server.credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    ...config,
  });
  return { store: createS3Store({ bucket: S3Server.bucket, client }), client };
}

describe('the error says what is wrong', () => {
  it('no permission to read: never that there is nothing', async () => {
    const log = await open();
    await log.append(Buffer.from('a'));
    const reader = await open({ readOnly: true });
    s3.server.disturb = ({ method }) => (method === 'GET' ? { error: 'AccessDenied' } : undefined);
    const refused = {
      code: 'ERR_LOG_FAILED',
      message: expect.stringContaining('AccessDenied'),
      cause: { kind: 'refused' },
    };
    await expect(log.get(1)).rejects.toMatchObject(refused);
    await expect(reader.get(1)).rejects.toMatchObject(refused);
    await expect(reader.get(2)).rejects.toMatchObject(refused);
    await expect(open()).rejects.toMatchObject(refused);
    await expect(open({ readOnly: true })).rejects.toMatchObject(refused);
    s3.server.disturb = () => undefined;
    expect(text((await log.get(1)).data)).toBe('a');
    await Promise.all([reader.close(), log.close()]);
  });

  it("a region that is not the bucket's", async () => {
    s3.server.region = 'eu-central-1';
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_LOG_FAILED',
      message: expect.stringContaining('AuthorizationHeaderMalformed'),
      cause: { kind: 'refused' },
    });
  });

  it('a bucket that is not there', async () => {
    const store = createS3Store({ bucket: 'another-bucket', client: s3.client });
    await expect(open({ store })).rejects.toMatchObject({
      code: 'ERR_LOG_FAILED',
      message: expect.stringContaining('NoSuchBucket'),
      cause: { kind: 'refused' },
    });
  });
});

it('APPEND-8 what is refused once a client of its own has repeated it may be in the log', async () => {
  const { store, client } = storeWith({ maxAttempts: 3 });
  const log = await open({ store });
  let puts = 0;
  s3.server.disturb = ({ method }) => {
    if (method !== 'PUT') return undefined;
    return puts++ === 0 ? { unanswered: true } : { error: 'AccessDenied' };
  };
  await expect(log.append(Buffer.from('a'))).rejects.toMatchObject({
    code: 'ERR_LOG_OUTCOME_UNKNOWN',
    cause: { message: expect.stringContaining('AccessDenied') },
  });
  expect(puts).toBeGreaterThan(1);
  s3.server.disturb = () => undefined;
  await log.close();
  const again = await open();
  expect(await textsOf(again)).toEqual(['a']);
  await again.close();
  client.destroy();
});

describe('a page of something between the log and its store decides nothing', () => {
  it.each([200, 206, 302, 400, 403, 404, 416, 501, 502, 504])('%i', async (status) => {
    const random = new SimRandom(status);
    let pages = 0;
    s3.server.disturb = () => {
      if (!random.chance(0.3)) return undefined;
      pages++;
      return { page: status };
    };
    const log = await open({ chunkBytes: 1, compactAfterChunks: 4 });
    const texts = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const each of texts) await log.append(Buffer.from(each));
    expect(text((await log.get(5)).data)).toBe('e');
    await log.trim(2);
    await log.close();
    const again = await open();
    expect([again.firstId, again.lastId, again.epoch]).toEqual([3, 8, 2]);
    expect(await textsOf(again)).toEqual(texts.slice(2));
    expect(pages).toBeGreaterThan(0);
    await again.close();
  });
});

describe('a clock that is an hour wrong', () => {
  it('is set right by what the server says', async () => {
    s3.server.aheadMs = HOUR_MS;
    const log = await open();
    await log.append(Buffer.from('a'));
    s3.server.aheadMs = -HOUR_MS;
    await log.append(Buffer.from('b'));
    expect(await textsOf(log)).toEqual(['a', 'b']);
    await log.close();
  });

  it('fails what is tried, by name, where the server does not say', async () => {
    s3.server.disturb = () => ({ error: 'RequestTimeTooSkewed' });
    await expect(open({ giveUpAfterMs: 5_000 })).rejects.toMatchObject({
      code: 'ERR_LOG_FAILED',
      message: expect.stringContaining('RequestTimeTooSkewed'),
    });
  });
});

describe('credentials that run out in the middle of appends', () => {
  /** The provider gives a session whose time is nearly up; the server knows `valid` alone. */
  function withSessions(session: () => string) {
    let valid = 'first';
    const seen: string[] = [];
    s3.server.disturb = ({ headers }) => {
      const token = String(headers['x-amz-security-token']);
      seen.push(token);
      return token === valid ? undefined : { error: 'ExpiredToken' };
    };
    const { store, client } = storeWith({
      credentials: async () => ({
        ...S3Server.credentials,
        sessionToken: session(),
        expiration: new Date(Date.now() + 60_000),
      }),
    });
    const expire = (): void => {
      valid = 'second';
    };
    return { store, client, expire, seen };
  }

  it('are fetched anew, and the append succeeds', async () => {
    let session = 'first';
    const { store, client, expire, seen } = withSessions(() => session);
    const log = await open({ store });
    await log.append(Buffer.from('a'));
    expire();
    const append = log.append(Buffer.from('b'));
    await clock.sleep(200);
    session = 'second';
    await append;
    expect(await textsOf(log)).toEqual(['a', 'b']);
    expect(new Set(seen)).toEqual(new Set(['first', 'second']));
    await log.close();
    client.destroy();
  });

  it('or are not: the append fails in time, by name, and nothing before it is lost', async () => {
    const { store, client, expire } = withSessions(() => 'first');
    const log = await open({ store, giveUpAfterMs: 5_000 });
    await log.append(Buffer.from('a'));
    expire();
    await expect(log.append(Buffer.from('b'))).rejects.toMatchObject({
      code: 'ERR_LOG_OUTCOME_UNKNOWN',
      cause: { message: expect.stringContaining('ExpiredToken') },
    });
    await log.close();
    client.destroy();
    s3.server.disturb = () => undefined;
    const again = await open();
    expect(await textsOf(again)).toEqual(['a']);
    await again.close();
  });
});

describe('a store that is away for ten minutes', () => {
  const times = 2_000;

  it('holds up appends and reads that wait so long, and loses none', async () => {
    let longestMs = 0;
    const fast = fastClock(times);
    const watched: Clock = {
      now: fast.now,
      after: (ms, call) => {
        longestMs = Math.max(longestMs, ms);
        return fast.after(ms, call);
      },
    };
    // A minute of the machine.
    const minuteMs = 60_000 * times;
    const patient = { clock: watched, giveUpAfterMs: minuteMs, requestTimeoutMs: minuteMs };
    const log = await open({ ...patient, chunkBytes: 1 });
    await log.append(Buffer.from('a'));
    s3.server.disturb = () => ({ error: 'InternalError' });
    const appends = ['b', 'c'].map((each) => log.append(Buffer.from(each)));
    const read = log.get(1);
    await fast.sleep(600_000);
    expect(log.lastId).toBe(1);
    s3.server.disturb = () => undefined;
    await Promise.all(appends);
    expect(text((await read).data)).toBe('a');
    expect(await textsOf(log)).toEqual(['a', 'b', 'c']);
    expect(longestMs).toBeLessThan(2 ** 31);
    await log.close();
  });

  it('fails those that do not, and a log that is opened then has all that was acknowledged', async () => {
    const fast = fastClock(times);
    const usualLimit = { clock: fast, requestTimeoutMs: 60_000 * times, giveUpAfterMs: 60_000 };
    const log = await open(usualLimit);
    for (const each of ['a', 'b']) await log.append(Buffer.from(each));
    s3.server.disturb = () => ({ error: 'SlowDown' });
    const outcome = await log.append(Buffer.from('c')).catch((error: unknown) => error);
    expect(outcome).toMatchObject({
      code: 'ERR_LOG_OUTCOME_UNKNOWN',
      cause: { kind: 'throttled', message: expect.stringContaining('SlowDown') },
    });
    await expect(open(usualLimit)).rejects.toMatchObject({
      code: 'ERR_LOG_FAILED',
      message: expect.stringContaining('SlowDown'),
    });
    await fast.sleep(600_000);
    s3.server.disturb = () => undefined;
    await log.close();
    const again = await open();
    expect(await textsOf(again)).toEqual(['a', 'b']);
    await again.append(Buffer.from('c'));
    await again.close();
  });
});

describe('time', () => {
  it('limits go by a clock that nobody sets', async () => {
    let date = Date.now();
    let elapsed = 0;
    const set: Clock = {
      now: () => date,
      elapsed: () => elapsed,
      after: (ms, call) => {
        const timer = setTimeout(() => {
          elapsed += ms < 10_000 ? ms : 0;
          call();
        }, 1);
        return () => clearTimeout(timer);
      },
    };
    const store = new SwitchableStore(createMemoryStore());
    const log = await openS3Log({ store, clock: set });
    store.appendsFail = true;
    const held = log.append(Buffer.from('a'));
    // Days forwards: it does not give up.
    date += 72 * HOUR_MS;
    await new Promise((resolve) => setTimeout(resolve, 5));
    store.appendsFail = false;
    await held;
    // Days back: it does.
    store.appendsFail = true;
    const lost = log.append(Buffer.from('b'));
    date -= 144 * HOUR_MS;
    await expect(lost).rejects.toMatchObject({ code: 'ERR_LOG_OUTCOME_UNKNOWN' });
    expect(elapsed).toBeGreaterThan(60_000);
    await log.close();
  });

  it('CLOSE-1 no timer outlives a log, however long chunks may wait for others', async () => {
    const running = new Set<NodeJS.Timeout>();
    const counting: Clock = {
      now: () => Date.now(),
      after: (ms, call) => {
        const timer = setTimeout(() => {
          running.delete(timer);
          call();
        }, ms);
        running.add(timer);
        return () => {
          running.delete(timer);
          clearTimeout(timer);
        };
      },
    };
    const log = await openS3Log({ store: s3.store, clock: counting, lingerMs: 60_000 });
    const appends = ['a', 'b', 'c'].map((each) => log.append(Buffer.from(each)));
    await new Promise((resolve) => setImmediate(resolve));
    appends.push(log.append(Buffer.from('d')));
    await log.close();
    await Promise.all(appends);
    await new Promise((resolve) => setImmediate(resolve));
    expect(running.size).toBe(0);
  });
});

it('what a killed process left unfinished in a directory goes with the next opening, and nothing that is being written', async () => {
  const directory = await mkdtemp(join(tmpdir(), 's3log-unfinished-'));
  try {
    const store = (): ReturnType<typeof createDirectoryStore> =>
      createDirectoryStore(directory, { durability: 'none' });
    await (await openS3Log({ store: store() })).close();
    const folder = join(directory, '.unfinished');
    for (const name of ['old', 'young']) await writeFile(join(folder, name), 'x');
    const before = new Date(Date.now() - 2 * HOUR_MS);
    await utimes(join(folder, 'old'), before, before);
    const log = await openS3Log({ store: store() });
    await log.append(Buffer.from('a'));
    expect(await readdir(folder)).toEqual(['young']);
    await log.close();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
