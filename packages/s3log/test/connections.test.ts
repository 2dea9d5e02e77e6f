import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { clientOf } from '@wal/s3-servers';
import { createS3Store } from '@wal/s3log';
import { expect, it } from 'vitest';
import { systemClock } from '../src/runtime/clock.ts';
import { systemEntropy } from '../src/runtime/entropy.ts';
import { Requests } from '../src/store/requests.ts';

const LIMITS = { requestTimeoutMs: 60_000, giveUpAfterMs: 0 };

it('a put that has its answer leaves the connection as it is, for others to use', async () => {
  const bytes = new Uint8Array(32 * 1024 * 1024); // More than what is on its way at once.
  const arrived: Promise<number>[] = [];
  const server = createServer((request, response) => {
    response.setHeader('ETag', '"tag"');
    response.end(); // Before the client has sent all: it is not done with the connection when it gets the answer.
    let length = 0;
    request.on('data', (part: Uint8Array) => {
      length += part.length;
    });
    const over = Promise.race([once(request, 'end'), once(request.socket, 'close')]);
    arrived.push(over.then(() => length));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
  const client = clientOf({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'r',
    bucket: 'b',
    credentials,
  });
  try {
    const requests = new Requests(
      createS3Store({ bucket: 'b', client }),
      systemClock,
      systemEntropy,
      LIMITS,
    );
    expect(await requests.put('a', bytes)).toBe('created');
    expect(await Promise.all(arrived)).toEqual([bytes.length]);
  } finally {
    client.destroy();
    server.closeAllConnections();
    server.close();
  }
});
