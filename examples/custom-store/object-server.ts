import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Stored {
  readonly body: Buffer;
  readonly modifiedAtMs: number;
}

/** A server on loopback that keeps objects in memory. */
export class ObjectServer {
  /** Where set: what every request is answered with. */
  failWith: number | undefined;
  readonly #objects = new Map<string, Stored>();
  readonly #server: Server = createServer((request, response) => {
    void this.#answer(request, response);
  });

  static async start(): Promise<ObjectServer> {
    const server = new ObjectServer();
    // An idle connection stays: closed in the moment of the next request, it would fail that one.
    server.#server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // The client went away in the middle of it.
    }
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    const key = decodeURIComponent(pathname.slice(1));
    if (this.failWith !== undefined) response.writeHead(this.failWith).end();
    else if (request.method === 'PUT') this.#put(key, request, Buffer.concat(chunks), response);
    else if (request.method === 'DELETE')
      response.writeHead(this.#objects.delete(key) ? 204 : 404).end();
    else if (key === '') response.end(JSON.stringify(this.#list(searchParams)));
    else this.#get(key, request, response);
  }

  #put(key: string, { headers }: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const isRefused = headers['if-none-match'] === '*' && this.#objects.has(key);
    if (!isRefused) this.#objects.set(key, { body, modifiedAtMs: Date.now() });
    response.writeHead(isRefused ? 412 : 201).end();
  }

  #get(key: string, { headers }: IncomingMessage, response: ServerResponse): void {
    const object = this.#objects.get(key);
    if (object === undefined) return void response.writeHead(404).end();
    const { body } = object;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (first === undefined) return void response.end(body);
    if (Number(first) >= body.length) return void response.writeHead(416).end();
    const part = body.subarray(Number(first), Number(last) + 1);
    const range = `bytes ${first}-${Number(first) + part.length - 1}/${body.length}`;
    response.writeHead(206, { 'content-range': range }).end(part);
  }

  #list(query: URLSearchParams): unknown {
    const [prefix = '', after = ''] = [query.get('prefix') ?? '', query.get('startAfter') ?? ''];
    return [...this.#objects]
      .filter(([key]) => key.startsWith(prefix) && inBytes(key, after) > 0)
      .sort(([a], [b]) => inBytes(a, b))
      .slice(0, Number(query.get('limit')))
      .map(([key, { body, modifiedAtMs }]) => ({ key, size: body.length, modifiedAtMs }));
  }
}

function inBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
