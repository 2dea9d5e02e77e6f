import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketServer } from '../bucket-server.ts';
import { ownLoopback } from '../loopback.ts';
import { S3Error, type S3ErrorCode } from '../s3-server/s3-error.ts';
import type { Fault } from './fault.ts';

/** A request that passes through. */
export interface PassingRequest {
  readonly method: string;
  /** The key, or the prefix that is listed. */
  readonly key: string;
  readonly bytes: number;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders | Record<string, string>;
  readonly body: Uint8Array;
}

/** Stands between clients and a server, on loopback, and passes on what they sign; counts, and disturbs. */
export class FaultProxy implements BucketServer {
  /** Asked of each request. */
  fault: (passing: PassingRequest) => Fault | undefined = () => undefined;
  readonly #behind: BucketServer;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: Server;
  #requests: string[] = [];
  readonly #passing = new Set<Promise<void>>();

  private constructor(behind: BucketServer) {
    this.#behind = behind;
    this.#server = createServer((incoming, response) => {
      const passing = this.#pass(incoming, response)
        .catch(() => void incoming.socket.destroy())
        .finally(() => this.#passing.delete(passing));
      this.#passing.add(passing);
    });
    // An idle connection stays: closed in the moment of the next request, it would fail that one.
    this.#server.keepAliveTimeout = 0;
  }

  static async start(behind: BucketServer): Promise<FaultProxy> {
    const proxy = new FaultProxy(behind);
    await new Promise<void>((resolve) => proxy.#server.listen(0, ownLoopback(), resolve));
    return proxy;
  }

  get endpoint(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  get region(): string {
    return this.#behind.region;
  }

  get bucket(): string {
    return this.#behind.bucket;
  }

  get credentials(): BucketServer['credentials'] {
    return this.#behind.credentials;
  }

  /** How many requests came since the last call, by method: a listing is `LIST`. */
  take(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const method of this.#requests.splice(0)) counts[method] = (counts[method] ?? 0) + 1;
    return counts;
  }

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#passing.size > 0) await Promise.all(this.#passing);
  }

  /** Leaves the server behind it as it is. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const passing = describeRequest(incoming, body.length);
    this.#requests.push(passing.method);
    const { isDone, instead, delayMs = 0, held } = this.fault(passing) ?? { isDone: true };
    // Also when the client is gone by then: what is on its way arrives.
    await held;
    const done = isDone ? await this.#forward(incoming, body) : undefined;
    if (delayMs > 0) await sleep(delayMs);
    if (instead === 'silence') return;
    const isHalf = instead === 'half';
    const answer =
      instead === undefined || isHalf ? done : instead === 'reset' ? undefined : errorOf(instead);
    if (answer === undefined || (isHalf && answer.body.length === 0)) {
      incoming.socket.resetAndDestroy();
      return;
    }
    response.writeHead(answer.status, answer.headers);
    if (isHalf) {
      const half = answer.body.subarray(0, answer.body.length >> 1);
      response.write(half, () => incoming.socket.destroy());
    } else {
      response.end(answer.body);
    }
  }

  /** The headers go on as they came: they are signed, the name of the host among them. */
  #forward({ method, url, headers }: IncomingMessage, body: Uint8Array): Promise<Answer> {
    const { hostname: host, port } = new URL(this.#behind.endpoint);
    return new Promise((resolve, reject) => {
      const forwarded = request({ host, port, method, path: url, headers, agent: this.#agent });
      forwarded.on('error', reject);
      forwarded.on('response', async (answer) => {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of answer) chunks.push(chunk as Buffer);
        } catch (error) {
          reject(error);
          return;
        }
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks),
        });
      });
      forwarded.end(body);
    });
  }
}

function errorOf(code: S3ErrorCode): Answer {
  const { status, body } = new S3Error(code);
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}

/** Of a client that names the bucket in the path. */
function describeRequest({ method = '', url = '' }: IncomingMessage, bytes: number) {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, , ...rest] = pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  if (method !== 'GET' || key !== '') return { method, key, bytes };
  return { method: 'LIST', key: searchParams.get('prefix') ?? '', bytes };
}
