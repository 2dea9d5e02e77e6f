import type { S3Client } from '@aws-sdk/client-s3';
import { clientOf, type RawAnswer, RawServer, S3Server } from '@wal/s3-servers';
import { createS3Store, type S3Store } from '@wal/s3log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RawServer;
let client: S3Client;
let store: S3Store;

beforeAll(async () => {
  server = await RawServer.start();
  const { bucket, credentials } = S3Server;
  client = clientOf({ endpoint: server.endpoint, region: 'us-east-1', bucket, credentials });
  store = createS3Store({ bucket, client });
});

afterAll(async () => {
  client.destroy();
  await server.stop();
});

const RANGE = { offset: 2, length: 4 };
const REQUESTS = {
  put: (signal?: AbortSignal) => store.putIfAbsent('k', Buffer.from('x'), { signal }),
  get: (signal?: AbortSignal) => store.get('k', { signal }),
  'get a part': (signal?: AbortSignal) => store.get('k', { range: RANGE, signal }),
  list: (signal?: AbortSignal) => store.list('', { signal }),
  delete: (signal?: AbortSignal) => store.delete(['a', 'b'], { signal }),
} as const;
type RequestName = keyof typeof REQUESTS;
const NAMES = Object.keys(REQUESTS) as RequestName[];

/** What came of a request, in a word or two; what an error means, if it failed. */
async function outcomeOf(name: RequestName, answer: RawAnswer): Promise<string> {
  server.answer = answer;
  try {
    const got = await REQUESTS[name]();
    if (got === undefined) return name === 'delete' ? 'deleted' : 'absent';
    if (typeof got === 'string') return got;
    if (!('body' in got)) return got.map(({ key }) => key).join();
    return `${Buffer.from(got.body)}, of ${got.size}`;
  } catch (error) {
    const { kind, cause } = error as { kind?: string; cause?: { kind?: string } };
    return kind ?? `not deleted: ${cause?.kind}`;
  }
}

function moment(): { come: () => void; came: Promise<void> } {
  let come = (): void => undefined;
  const came = new Promise<void>((resolve) => {
    come = resolve;
  });
  return { come, came };
}

type Headers = Readonly<Record<string, string | number>>;

function answerOf(status: number, headers: Headers, body = '', version = '1.1'): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/${version} ${status} Status\r\n${lines.join('')}\r\n${body}`);
}

function whole(status: number, body: string, headers: Headers = {}): RawAnswer {
  return { bytes: answerOf(status, { ...headers, 'Content-Length': body.length }, body) };
}

const XML = '<?xml version="1.0"?>';
const errorOf = (code: string): string => `${XML}<Error><Code>${code}</Code></Error>`;
const ETAG = { ETag: '"1"' };
const LISTING = `${XML}<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>1</Size></Contents><Contents><Key>b</Key><Size>1</Size></Contents></ListBucketResult>`;
const DELETED = `${XML}<DeleteResult><Deleted><Key>a</Key></Deleted><Deleted><Key>b</Key></Deleted></DeleteResult>`;
const PART = { ...ETAG, 'Content-Range': 'bytes 2-5/10' };

describe('of an answer of something else than the store nothing is believed', () => {
  const bodies = [
    '',
    '<html><body>page</body></html>',
    '<html><p>page<br></html>',
    '404 page',
    '{}',
  ];
  const statuses = [
    200, 201, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 405, 407, 408, 411, 413, 416, 417,
    500, 501, 502, 504, 507,
  ];
  it.each(statuses)('%i', async (status) => {
    for (const body of bodies) {
      for (const name of NAMES) {
        const outcome = await outcomeOf(name, whole(status, body, { 'Content-Type': 'text/html' }));
        expect(['unavailable', 'not deleted: unavailable'], `${name}: ${body}`).toContain(outcome);
        const closed: RawAnswer = { bytes: answerOf(status, {}, body, '1.0'), ending: 'close' };
        expect(['unavailable', 'not deleted: unavailable']).toContain(
          await outcomeOf(name, closed),
        );
      }
    }
  });

  it('429 and 503 ask for fewer requests, 409 for another try, whoever says it', async () => {
    for (const name of NAMES) {
      expect(await outcomeOf(name, whole(429, ''))).toBe('throttled');
      expect(await outcomeOf(name, whole(503, '<html></html>'))).toBe('throttled');
      expect(await outcomeOf(name, whole(409, 'text'))).toBe('conflict');
    }
  });
});

describe('of an answer that is cut, at whichever byte, the right thing comes, or nothing', () => {
  const answers: [RequestName, number, Headers, string, string][] = [
    ['put', 200, ETAG, '', 'created'],
    ['put', 412, {}, errorOf('PreconditionFailed'), 'exists'],
    ['put', 403, {}, errorOf('AccessDenied'), 'refused'],
    ['put', 501, {}, errorOf('NotImplemented'), 'unsupported'],
    ['put', 200, {}, errorOf('InternalError'), 'throttled'],
    ['get', 200, ETAG, '0123456789', '0123456789, of 10'],
    ['get', 404, {}, errorOf('NoSuchKey'), 'absent'],
    ['get', 404, {}, errorOf('NoSuchBucket'), 'refused'],
    ['get', 301, {}, errorOf('PermanentRedirect'), 'refused'],
    ['get a part', 206, PART, '2345', '2345, of 10'],
    ['get a part', 200, ETAG, '0123456789', '2345, of 10'],
    ['get a part', 416, {}, errorOf('InvalidRange'), ', of 0'],
    ['list', 200, {}, LISTING, 'a,b'],
    ['delete', 200, {}, DELETED, 'deleted'],
    ['delete', 404, {}, errorOf('NoSuchBucket'), 'refused'],
  ];
  const framings: [string, (status: number, headers: Headers, body: string) => Buffer][] = [
    ['with a length', (status, headers, body) => Buffer.from(whole(status, body, headers).bytes)],
    [
      'in chunks',
      (status, headers, body) =>
        answerOf(
          status,
          { ...headers, 'Transfer-Encoding': 'chunked' },
          `${body && `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`,
        ),
    ],
  ];
  const table = framings.flatMap(([framing, frame]) =>
    answers.map((answer) => [...answer, framing, frame] as const),
  );
  it.each(table)('%s: %i %o %s is %s, %s', async (name, status, headers, body, right, _, frame) => {
    const bytes = frame(status, headers, body);
    expect(await outcomeOf(name, { bytes })).toBe(right);
    // The status line is enough for some.
    const nothing = ['unavailable', 'not deleted: unavailable', right];
    for (let length = 0; length < bytes.length; length++) {
      const ending = length % 2 === 0 ? 'close' : 'reset';
      const outcome = await outcomeOf(name, { bytes: bytes.subarray(0, length), ending });
      expect(nothing, `cut at ${length}`).toContain(outcome);
    }
  });

  it.each(answers)('%s: %i %o %s is %s, up to the end of the connection', async (...answer) => {
    const [name, status, headers, body, right] = answer;
    for (let length = 0; length <= body.length; length++) {
      const bytes = answerOf(status, headers, body.slice(0, length), '1.0');
      const outcome = await outcomeOf(name, { bytes, ending: 'close' });
      expect(['unavailable', 'not deleted: unavailable', right], `at ${length}`).toContain(outcome);
    }
  });
});

describe('what was not asked for is not taken', () => {
  const encoded = { ...ETAG, 'Content-Encoding': 'gzip' };
  const odd: [string, RequestName, RawAnswer][] = [
    [
      'another part',
      'get a part',
      whole(206, '4567', { ...ETAG, 'Content-Range': 'bytes 4-7/10' }),
    ],
    ['less of it', 'get a part', whole(206, '234', { ...ETAG, 'Content-Range': 'bytes 2-4/10' })],
    ['more of it', 'get a part', whole(206, '23456', { ...ETAG, 'Content-Range': 'bytes 2-6/10' })],
    ['of no size', 'get a part', whole(206, '2345', { ...ETAG, 'Content-Range': 'bytes 2-5/*' })],
    ['a part of no place', 'get a part', whole(206, '2345', ETAG)],
    ['fewer bytes than its place', 'get a part', whole(206, '23', PART)],
    ['a part, of all', 'get', whole(206, '2345', PART)],
    ['compressed', 'get', whole(200, 'xxx', encoded)],
    ['a part, compressed', 'get a part', whole(206, '2345', { ...encoded, ...PART })],
    ['of no length', 'get', { bytes: answerOf(200, ETAG, '0123', '1.0'), ending: 'close' }],
    ['a page that is XML', 'list', whole(200, '<html><body/></html>')],
    ['an answer to something else', 'list', whole(200, DELETED)],
    ['an answer to something else', 'delete', whole(200, LISTING)],
    ['no key', 'delete', whole(200, '<DeleteResult/>')],
  ];
  it.each(odd)('%s: %s', async (_, name, answer) => {
    expect(await outcomeOf(name, answer)).toBe('unavailable');
    expect(await outcomeOf('put', whole(200, '', ETAG))).toBe('created');
  });

  it('deletes that fail by key are told, and what was not there is deleted', async () => {
    const failing = (code: string): string =>
      `<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>${code}</Code></Error></DeleteResult>`;
    server.answer = whole(200, failing('InternalError'));
    await expect(store.delete(['a', 'b'])).rejects.toMatchObject({ keys: ['b'] });
    expect(await outcomeOf('delete', whole(200, failing('NoSuchKey')))).toBe('deleted');
  });
});

describe('a request that is given up', () => {
  const lengthy = { ...ETAG, 'Content-Length': 1_000 };
  const beginnings: [string, Buffer][] = [
    ['before an answer', Buffer.alloc(0)],
    ['in its headers', answerOf(200, lengthy).subarray(0, 20)],
    ['in its body', answerOf(200, lengthy, 'x')],
    [
      'in a body of no length',
      answerOf(200, { ...ETAG, 'Transfer-Encoding': 'chunked' }, '1\r\nx\r\n'),
    ],
    ['in an error', answerOf(404, { 'Content-Length': 1_000 }, errorOf('NoSuchKey'))],
  ];
  it.each(beginnings)('%s is of unknown outcome, and holds no connection', async (_, bytes) => {
    for (const name of NAMES) {
      const [sent, closed] = [moment(), moment()];
      server.answer = { bytes, onSent: sent.come, onClosed: closed.come };
      const over = new AbortController();
      const request = REQUESTS[name](over.signal);
      request.catch(() => undefined);
      await sent.came;
      over.abort(new Error('no answer in time'));
      await expect(request).rejects.toMatchObject({ kind: 'unavailable' });
      await closed.came;
    }
  });

  it('holds no connection either where its answer is not taken', async () => {
    const bytes = answerOf(200, { 'Content-Length': 1_000 }, 'not of the store');
    const closed = moment();
    expect(await outcomeOf('get', { bytes, onClosed: closed.come })).toBe('unavailable');
    await closed.came;
  });
});

describe('a server that is not there leaves the outcome unknown', () => {
  it.each(['http://127.0.0.1:1', 'http://nowhere.invalid'])('%s', async (endpoint) => {
    const { bucket, credentials } = S3Server;
    const away = clientOf({ endpoint, region: 'us-east-1', bucket, credentials });
    const { putIfAbsent, get } = createS3Store({ bucket, client: away });
    await expect(putIfAbsent('k', Buffer.from('x'))).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(get('k')).rejects.toMatchObject({ kind: 'unavailable' });
    away.destroy();
  });
});
