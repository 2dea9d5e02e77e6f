import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { ownLoopback } from '../loopback.ts';

/** What is sent to whoever has sent a request. */
export interface RawAnswer {
  /** As they go over the wire, status line, headers and all. */
  readonly bytes: Uint8Array;
  /** What becomes of the connection after that. Default: it stays. */
  readonly ending?: 'close' | 'reset' | undefined;
  /** Called when they are on their way. */
  readonly onSent?: (() => void) | undefined;
  /** Called when their connection is closed. */
  readonly onClosed?: (() => void) | undefined;
}

/** Answers any request with bytes that no server would send: cut, foreign, wrong. It looks at none. */
export class RawServer {
  /** Sent to each request. */
  answer: RawAnswer = { bytes: new Uint8Array(0), ending: 'close' };
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor() {
    this.#server = createServer((connection) => this.#accept(connection));
  }

  static async start(): Promise<RawServer> {
    const server = new RawServer();
    await new Promise<void>((resolve) => server.#server.listen(0, ownLoopback(), resolve));
    return server;
  }

  get endpoint(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(connection: Socket): void {
    this.#connections.add(connection);
    connection.on('close', () => this.#connections.delete(connection));
    // A client gives up what it cannot read.
    connection.on('error', () => undefined);
    let request = '';
    connection.on('data', (bytes) => {
      request += bytes.toString('latin1');
      if (!isWhole(request)) return;
      request = '';
      const { bytes: answer, ending, onSent, onClosed } = this.answer;
      if (onClosed !== undefined) connection.once('close', onClosed);
      connection.write(answer, () => {
        onSent?.();
        if (ending === 'close') connection.end();
        if (ending === 'reset') connection.resetAndDestroy();
      });
    });
  }
}

function isWhole(request: string): boolean {
  const headers = request.indexOf('\r\n\r\n');
  if (headers < 0) return false;
  const [, length = '0'] = /^content-length: (\d+)\r$/im.exec(request) ?? [];
  return request.length >= headers + 4 + Number(length);
}
