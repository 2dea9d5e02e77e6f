import { randomUUID } from 'node:crypto';
import {
  type BucketServer,
  clientOf,
  FAULTS,
  type Fault,
  FaultProxy,
  type PassingRequest,
  PUT_FAULTS,
  SERVER_LIMIT_MS,
} from '@wal/s3-servers';
import { type LogOptions, openS3Log, type S3Log } from '@wal/s3log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVERS_BEHIND } from '../support/test-servers.ts';

/** How often each kind of request meets its fault. */
const TIMES = 2;
/** Shorter than the delay of a fault. */
const requestTimeoutMs = 250;

/** A request of a log, as its protocol knows it. */
function kindOf({ method, key, bytes }: PassingRequest): string {
  const [, of = ''] = /(?:^|\/)(root|d|probe)\//.exec(key) ?? [];
  const isSeal = method === 'PUT' && of === 'd' && bytes % 2 === 1;
  return isSeal ? 'PUT of a seal' : `${method} ${of}`.trim();
}

const KINDS = ['DELETE', 'GET d', 'GET root', 'LIST d', 'LIST root', 'PUT d', 'PUT of a seal'];
const PUT_KINDS = ['PUT d', 'PUT of a seal', 'PUT probe', 'PUT root'];

/** Disturbs the first requests of each kind. Gives how many of each. */
function disturb(proxy: FaultProxy, fault: Fault, kinds: readonly string[]): Map<string, number> {
  const disturbed = new Map<string, number>();
  proxy.fault = (passing) => {
    const kind = passing.method === 'POST' ? 'DELETE' : kindOf(passing);
    const count = disturbed.get(kind) ?? 0;
    if (!kinds.includes(kind) || count === TIMES) return undefined;
    disturbed.set(kind, count + 1);
    return fault;
  };
  return disturbed;
}

async function textsOf(log: S3Log): Promise<Record<number, string>> {
  const texts: Record<number, string> = {};
  for await (const { id, data } of log.iterator()) texts[id] = Buffer.from(data).toString();
  return texts;
}

for (const { name, isMissing, start } of SERVERS_BEHIND) {
  describe.skipIf(isMissing)(`${name}, behind a proxy`, () => {
    let server: BucketServer;

    beforeAll(async () => {
      server = await start();
    }, SERVER_LIMIT_MS);
    afterAll(() => server?.stop());

    /** Everything that a log does, once. */
    async function live(open: (options?: LogOptions) => Promise<S3Log>): Promise<void> {
      const first = await open();
      const appends = ['a', 'b', 'c', 'd'].map((text) => first.append(Buffer.from(text)));
      const ids = (await Promise.all(appends)).map(({ firstId }) => firstId);
      expect(ids).toEqual([1, 2, 3, 4]);
      const second = await open();
      expect([second.firstId, second.lastId]).toEqual([1, 4]);
      await second.append([Buffer.from('e'), Buffer.from('f')]);
      await second.truncate(5);
      expect((await second.append(Buffer.from('g'))).firstId).toBe(6);
      await second.trim(2);
      await expect(first.append(Buffer.from('late'))).rejects.toMatchObject({
        code: 'ERR_LOG_FENCED',
      });
      const expected = { 3: 'c', 4: 'd', 5: 'e', 6: 'g' };
      expect(await textsOf(second)).toEqual(expected);
      await second.close();
      await first.close();
      const third = await open();
      expect(await textsOf(third)).toEqual(expected);
      await third.close();
      const reader = await open({ readOnly: true });
      expect(await textsOf(reader)).toEqual(expected);
      expect(Buffer.from((await reader.get(6)).data).toString()).toBe('g');
      await reader.close();
    }

    async function liveThrough(fault: Fault, kinds: readonly string[]): Promise<void> {
      const proxy = await FaultProxy.start(server);
      const client = clientOf(proxy);
      try {
        const disturbed = disturb(proxy, fault, kinds);
        // Not the port: a later proxy may get that of an earlier one, and would find its log.
        const prefix = randomUUID();
        const { bucket } = proxy;
        const common = { bucket, client, prefix, chunkBytes: 1, requestTimeoutMs };
        await live((options) => openS3Log({ ...common, ...options }));
        expect([...disturbed.keys()].sort()).toEqual(kinds.toSorted());
      } finally {
        client.destroy();
        await proxy.stop();
      }
    }

    describe('a log whose requests meet a fault, each kind of them, does what it should', () => {
      it.concurrent.each(Object.entries(FAULTS))('%s', async (_, fault) => {
        await liveThrough(fault, [...KINDS, 'PUT root', 'PUT probe', 'GET probe']);
      });
      it.concurrent.each(Object.entries(PUT_FAULTS))('%s, of puts alone', async (_, fault) => {
        await liveThrough(fault, PUT_KINDS);
      });
    });
  });
}
