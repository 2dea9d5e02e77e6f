import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ownLoopback } from '../loopback.ts';
import { escapeXml, S3Error, type S3ErrorCode, unescapeXml } from './s3-error.ts';
import { type Credentials, signatureError } from './signature.ts';

/** A request, as the server understands it. */
export interface S3Request {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface StoredObject {
  readonly body: Buffer;
  readonly modified: Date;
}

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** What is done to a request, instead of what it asks for, or besides it. */
export type Disturbance =
  /** Answers this error, and does nothing; `cut` breaks the connection in the middle of it. */
  | { readonly error: S3ErrorCode; readonly cut?: true }
  /** Answers a page with this status, as something on the way would, and does nothing. */
  | { readonly page: number }
  /** Does it, and breaks the connection before the answer. */
  | { readonly unanswered: true }
  /** Breaks the connection in the middle of the answer's body. */
  | { readonly cut: true };

/** One bucket in memory, over HTTP on loopback, with the parts of the S3 API that a log uses. */
export class S3Server {
  static readonly bucket: string = 'test-bucket';
  static readonly credentials: Credentials = {
    accessKeyId: 'test-key',
    secretAccessKey: 'test-secret',
  };
  /** Requests answered, in order: method and key, or method and the prefix listed. */
  readonly requests: string[] = [];
  /** Asked of each request. */
  disturb: (request: S3Request) => Disturbance | undefined = () => undefined;
  /** Connections that were made: one can serve many requests. */
  connections = 0;
  /** How far its clock is ahead of the machine's. */
  aheadMs = 0;
  /** The region that requests must be signed for; any, if there is none. */
  region: string | undefined;
  /** Whether the condition of a put is looked at. */
  knowsConditions = true;
  /** How many keys one page of a listing looks at, deleted ones too: it may show none, and not be the last. */
  keysLookedAt: number = Number.POSITIVE_INFINITY;
  readonly #deleted = new Set<string>();
  readonly #objects = new Map<string, StoredObject>();
  readonly #bucket: string;
  readonly #server: Server;

  private constructor(bucket: string) {
    this.#bucket = bucket;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    // An idle connection stays: closed in the moment of the next request, it would fail that one.
    this.#server.keepAliveTimeout = 0;
    this.#server.on('connection', () => {
      this.connections++;
    });
  }

  static async start(bucket: string = S3Server.bucket): Promise<S3Server> {
    const server = new S3Server(bucket);
    await new Promise<void>((resolve) => server.#server.listen(0, ownLoopback(), resolve));
    return server;
  }

  get endpoint(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  get keys(): readonly string[] {
    return [...this.#objects.keys()].sort();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    if (body === undefined) return;
    const [path = '', search = ''] = (incoming.url ?? '').split('?');
    const [, bucket = '', ...rest] = path.split('/');
    const query = new URLSearchParams(search.replaceAll('+', '%2B'));
    const { method = '', headers } = incoming;
    const key = decodeURIComponent(rest.join('/'));
    const request: S3Request = { method, key, query, headers, body };
    this.requests.push(`${method} ${key || (query.get('prefix') ?? '')}`);
    const disturbance = this.disturb(request);
    const nowMs = Date.now() + this.aheadMs;
    response.setHeader('date', new Date(nowMs).toUTCString());
    const answer = attempt(() => {
      const signed = { method, path, query, headers, body };
      const wrong = signatureError(signed, S3Server.credentials, nowMs, this.region);
      if (wrong !== undefined) throw new S3Error(wrong as S3ErrorCode);
      if (bucket !== this.#bucket) throw new S3Error('NoSuchBucket');
      if (disturbance !== undefined && 'page' in disturbance) return page(disturbance.page);
      if (disturbance !== undefined && 'error' in disturbance) throw new S3Error(disturbance.error);
      return this.#answer(request);
    });
    if (disturbance !== undefined && 'unanswered' in disturbance) {
      incoming.socket.destroy();
      return;
    }
    const { status, headers: given = {}, body: answered = '' } = answer;
    const bytes = Buffer.from(answered);
    response.writeHead(status, { 'content-length': String(bytes.length), ...given });
    if (disturbance !== undefined && 'cut' in disturbance) {
      response.write(bytes.subarray(0, bytes.length >> 1), () => incoming.socket.destroy());
      return;
    }
    response.end(bytes);
  }

  #answer(request: S3Request): Answer {
    const { method, key, query } = request;
    if (method === 'PUT' && key !== '') return this.#put(request);
    if (method === 'GET' && key !== '') return this.#get(request);
    if (method === 'GET' && query.get('list-type') === '2') return this.#list(query);
    if (method === 'DELETE' && key !== '') {
      this.#remove(key);
      return { status: 204 };
    }
    if (method === 'POST' && query.has('delete')) return this.#delete(request);
    throw new S3Error('MethodNotAllowed');
  }

  #put({ key, headers, body }: S3Request): Answer {
    const condition = headers['if-none-match'];
    if (condition !== undefined && condition !== '*') throw new S3Error('NotImplemented');
    const isRefused = this.knowsConditions && condition === '*' && this.#objects.has(key);
    if (isRefused) throw new S3Error('PreconditionFailed');
    this.#objects.set(key, { body, modified: new Date() });
    this.#deleted.delete(key);
    return { status: 200, headers: { etag: etagOf(body) } };
  }

  #get({ key, headers }: S3Request): Answer {
    const object = this.#objects.get(key);
    if (object === undefined) throw new S3Error('NoSuchKey');
    const { body, modified } = object;
    const common = { etag: etagOf(body), 'last-modified': modified.toUTCString() };
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (first === undefined) return { status: 200, headers: common, body };
    if (Number(first) >= body.length) throw new S3Error('InvalidRange');
    const end = Math.min(Number(last), body.length - 1);
    const range = { 'content-range': `bytes ${first}-${end}/${body.length}` };
    return {
      status: 206,
      headers: { ...common, ...range },
      body: body.subarray(Number(first), end + 1),
    };
  }

  #list(query: URLSearchParams): Answer {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const limit = Math.min(1000, Number(query.get('max-keys') ?? 1000));
    const all = [...this.#objects.keys(), ...this.#deleted]
      .filter((key) => key.startsWith(prefix) && inBytes(key, after) > 0)
      .sort(inBytes);
    const page = all.slice(0, Math.min(limit, this.keysLookedAt));
    const keys = page.filter((key) => this.#objects.has(key));
    const contents = keys.map((key) => {
      const { body, modified } = this.#objects.get(key) as StoredObject;
      return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${modified.toISOString()}</LastModified><ETag>${escapeXml(etagOf(body))}</ETag><Size>${body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    });
    const isCut = all.length > page.length;
    const next = isCut
      ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>`
      : '';
    return {
      status: 200,
      headers: { 'content-type': 'application/xml' },
      body: `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${this.#bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${contents.length}</KeyCount><MaxKeys>${limit}</MaxKeys><IsTruncated>${isCut}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
    };
  }

  #remove(key: string): void {
    if (this.#objects.delete(key)) this.#deleted.add(key);
  }

  #delete({ headers, body }: S3Request): Answer {
    const md5 = headers['content-md5'];
    if (md5 === undefined) throw new S3Error('InvalidRequest');
    if (md5 !== createHash('md5').update(body).digest('base64')) throw new S3Error('BadDigest');
    const text = body.toString();
    const keys = [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key);
    if (keys.length > 1000) throw new S3Error('InvalidRequest');
    for (const key of keys) this.#remove(unescapeXml(key));
    const named = text.includes('<Quiet>true</Quiet>') ? [] : keys;
    const deleted = named.map((key) => `<Deleted><Key>${key}</Key></Deleted>`).join('');
    return {
      status: 200,
      headers: { 'content-type': 'application/xml' },
      body: `<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${deleted}</DeleteResult>`,
    };
  }
}

/** `undefined` if the client went away in the middle of it: killed, or out of patience. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function attempt(answer: () => Answer): Answer {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const headers = { 'content-type': 'application/xml' };
    return { status: error.status, headers, body: error.body };
  }
}

function page(status: number): Answer {
  const body = '<html><body><h1>A page</h1></body></html>';
  return { status, headers: { 'content-type': 'text/html' }, body };
}

function etagOf(body: Uint8Array): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function inBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
