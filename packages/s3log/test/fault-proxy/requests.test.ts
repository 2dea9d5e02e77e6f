import { type BucketServer, clientOf, FaultProxy, SERVER_LIMIT_MS } from '@wal/s3-servers';
import { createS3Store, openS3Log, type S3Log } from '@wal/s3log';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SERVERS_BEHIND } from '../support/test-servers.ts';

for (const { name, isMissing, start } of SERVERS_BEHIND) {
  describe.skipIf(isMissing)(`requests that ${name} gets, counted by a proxy`, () => {
    let server: BucketServer;
    let proxy: FaultProxy;
    let client: ReturnType<typeof clientOf>;
    let tests = 0;

    beforeAll(async () => {
      server = await start();
    }, SERVER_LIMIT_MS);
    beforeEach(async () => {
      proxy = await FaultProxy.start(server);
      client = clientOf(proxy);
      tests++;
    });
    afterEach(async () => {
      client.destroy();
      await proxy.stop();
    });
    afterAll(() => server?.stop());

    const open = (options = {}): Promise<S3Log> =>
      openS3Log({ bucket: proxy.bucket, client, prefix: `${tests}`, ...options });

    /** The chunks that are stored: what has an even size, and is no seal. */
    async function chunks(): Promise<number> {
      const store = createS3Store({ bucket: server.bucket, client });
      const entries = await store.list(`${tests}/d/`);
      proxy.take();
      return entries.filter(({ size }) => size % 2 === 0).length;
    }

    it('an append that is awaited is 1 put, and nothing else', async () => {
      const log = await open();
      proxy.take();
      for (let i = 0; i < 100; i++) await log.append(Buffer.from(`record ${i}`));
      expect(proxy.take()).toEqual({ PUT: 100 });
      await log.close();
      expect(proxy.take()).toEqual({});
      expect(await chunks()).toBe(100);
    });

    it('appends at once are 1.000 puts a group, however many are in flight', async () => {
      const log = await open({ chunkBytes: 20_000 });
      proxy.take();
      const appends = Array.from({ length: 2_000 }, () => log.append(Buffer.alloc(1_000)));
      await Promise.all(appends);
      const { PUT: puts = 0, ...others } = proxy.take();
      expect(others).toEqual({});
      const groups = await chunks();
      // As many as the bytes need, and the first one, which waits for nobody.
      expect(groups).toBeGreaterThanOrEqual(100);
      expect(groups).toBeLessThanOrEqual(120);
      expect((puts / groups).toFixed(3)).toBe('1.000');
      await log.close();
    });

    it('opening for writing is 7 requests, for reading 5, with 1 chunk and with 200', async () => {
      for (const count of [1, 199]) {
        const log = await open({ chunkBytes: 1 });
        await Promise.all(Array.from({ length: count }, () => log.append(Buffer.from('x'))));
        await log.close();
        proxy.take();
        const reader = await open({ readOnly: true });
        expect(proxy.take()).toEqual({ LIST: 3, GET: 2 });
        await reader.close();
        const writer = await open();
        expect(proxy.take()).toEqual({ LIST: 3, GET: 2, PUT: 2 });
        await writer.append(Buffer.from('so that the next finds its epoch in use'));
        await writer.close();
      }
    });

    it('a replay is 1 get a chunk; a trim a put, a listing and a delete; a truncate 2 puts and a listing', async () => {
      const log = await open({ chunkBytes: 1 });
      await Promise.all(Array.from({ length: 150 }, () => log.append(Buffer.from('x'))));
      proxy.take();
      let records = 0;
      for await (const _ of log.iterator()) records++;
      expect(records).toBe(150);
      expect(proxy.take()).toEqual({ GET: 150 });
      await log.truncate(140);
      expect(proxy.take()).toEqual({ PUT: 2, LIST: 1 });
      await log.append(Buffer.from('x'));
      proxy.take();
      await log.trim(100);
      await log.close();
      const { GET: looks = 0, ...others } = proxy.take();
      expect(others).toEqual({ PUT: 1, LIST: 1, POST: 1 });
      expect(looks).toBe(0);
    });
  });
}
