import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The suite in one module, of the sources, as a bundler makes it for a page. */
async function bundleSuite(): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('./suite.ts', import.meta.url)),
    platform: 'browser',
    // What a page could not load is an error, not a warning.
    onLog: (_level, log) => {
      throw new Error(log.message);
    },
    resolve: { conditionNames: ['@wal/source', 'browser', 'import', 'default'] },
  });
  try {
    const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}

/** Serves an empty page, and the suite beside it as `/suite.js`, to this machine alone. */
export class SuiteServer implements AsyncDisposable {
  readonly #server: Server;
  readonly url: string;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  static async start(): Promise<SuiteServer> {
    const suite = await bundleSuite();
    const server = createServer(({ url }, response) => {
      const isSuite = url === '/suite.js';
      response.setHeader('content-type', isSuite ? 'text/javascript' : 'text/html');
      response.end(isSuite ? suite : '<!doctype html><title>suite</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SuiteServer(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
