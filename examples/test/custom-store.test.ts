import { readFileSync } from 'node:fs';
import { openS3Log, probeStore } from '@wal/s3log';
import { storeConformance } from '@wal/s3log/store-suite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpStore } from '../custom-store/http-store.ts';
import { ObjectServer } from '../custom-store/object-server.ts';

let server: ObjectServer;
beforeAll(async () => {
  server = await ObjectServer.start();
});
afterAll(() => server.stop());

const store = () => createHttpStore(server.url);

storeConformance({ describe, test }, { name: 'HTTP', open: store });

test('a log lives on it, and is fenced on it', async () => {
  await probeStore(store());
  const log = await openS3Log({ store: store(), prefix: 'log' });
  await log.append([Buffer.from('a'), Buffer.from('b')]);
  const next = await openS3Log({ store: store(), prefix: 'log' });
  await expect(log.append(Buffer.from('c'))).rejects.toMatchObject({ code: 'ERR_LOG_FENCED' });
  expect(Buffer.from((await next.get(2)).data).toString()).toBe('b');
  await Promise.all([log.close(), next.close()]);
});

test.each([
  [403, 'refused'],
  [409, 'conflict'],
  [500, 'unavailable'],
  [501, 'unsupported'],
  [503, 'throttled'],
])('status %i says %s, whatever was asked', async (status, kind) => {
  server.failWith = status;
  const { putIfAbsent, get, list, delete: remove } = store();
  await expect(putIfAbsent('a', Buffer.from('x'))).rejects.toMatchObject({ kind });
  await expect(get('a')).rejects.toMatchObject({ kind });
  await expect(list('a')).rejects.toMatchObject({ kind });
  await expect(remove(['a'])).rejects.toMatchObject({ keys: ['a'], cause: { kind } });
  server.failWith = undefined;
});

test('a server that is away, and a request that is given up, leave the outcome open', async () => {
  const gone = await ObjectServer.start();
  const { url } = gone;
  await gone.stop();
  await expect(createHttpStore(url).get('a')).rejects.toMatchObject({ kind: 'unavailable' });
  const signal = AbortSignal.abort();
  await expect(store().get('a', { signal })).rejects.toMatchObject({ kind: 'unavailable' });
});

test('it is complete in under 80 lines', () => {
  const text = readFileSync(new URL('../custom-store/http-store.ts', import.meta.url), 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThan(80);
});
