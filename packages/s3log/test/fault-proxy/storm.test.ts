import { SimRandom } from '@wal/conformance';
import { isLogError } from '@wal/core';
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
import { openS3Log, type S3Log } from '@wal/s3log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVERS_BEHIND } from '../support/test-servers.ts';

const { S3LOG_STORM_SEED } = process.env;
const SEED = Number(S3LOG_STORM_SEED ?? Math.floor(Math.random() * 1e6));
const STORMS = 6;
/** They come all at once; a machine with other work takes its time. */
const STORM_LIMIT_MS = 600_000;
/** Writers that take the log over, each from the one before. */
const OWNERS = 5;
const APPENDS = 40;
/** The share of requests that meet a fault. */
const SHARE = 0.15;

/** What is known of the records of one log. */
class Verdicts {
  readonly acknowledged = new Map<number, string>();
  readonly absent = new Set<string>();
  readonly unknown = new Set<string>();

  async append(log: S3Log, text: string): Promise<void> {
    try {
      const { firstId } = await log.append(Buffer.from(text));
      expect(this.acknowledged.get(firstId)).toBeUndefined();
      this.acknowledged.set(firstId, text);
    } catch (error) {
      if (!isLogError(error)) throw error;
      const isUnknown = error.code === 'ERR_LOG_OUTCOME_UNKNOWN';
      if (!isUnknown) expect(['ERR_LOG_FENCED', 'ERR_LOG_FAILED']).toContain(error.code);
      (isUnknown ? this.unknown : this.absent).add(text);
    }
  }

  async check(log: S3Log): Promise<void> {
    const found = new Map<number, string>();
    for await (const { id, data } of log.iterator()) found.set(id, Buffer.from(data).toString());
    for (const [id, text] of this.acknowledged) expect(found.get(id)).toBe(text);
    const others = [...found].filter(([id]) => !this.acknowledged.has(id)).map(([, text]) => text);
    for (const text of others) expect(this.unknown).toContain(text);
    expect(new Set(found.values()).size).toBe(found.size);
  }
}

function stormOf(seed: number): (passing: PassingRequest) => Fault | undefined {
  const random = new SimRandom(seed);
  return ({ method }) => {
    const faults = Object.values(method === 'PUT' ? PUT_FAULTS : FAULTS);
    return random.chance(SHARE) ? random.pick(faults) : undefined;
  };
}

for (const { name, isMissing, start } of SERVERS_BEHIND) {
  const title = `a storm between writers and ${name}, seed ${SEED}`;
  describe.skipIf(isMissing)(title, { timeout: STORM_LIMIT_MS }, () => {
    let server: BucketServer;
    beforeAll(async () => {
      server = await start();
    }, SERVER_LIMIT_MS);
    afterAll(() => server?.stop());

    it.concurrent.each(Array.from({ length: STORMS }, (_, i) => [SEED + i]))(
      'APPEND-8 OPEN-2 S3LOG_STORM_SEED=%i',
      async (seed) => {
        const proxy = await FaultProxy.start(server);
        const verdicts = new Verdicts();
        const logs: S3Log[] = [];
        const clients: ReturnType<typeof clientOf>[] = [];
        const open = async (readOnly = false): Promise<S3Log> => {
          const client = clientOf(proxy);
          clients.push(client);
          const log = await openS3Log({
            bucket: proxy.bucket,
            client,
            prefix: `storm-${seed}`,
            readOnly,
            chunkBytes: 30,
            requestTimeoutMs: 250,
          });
          logs.push(log);
          return log;
        };
        try {
          proxy.fault = stormOf(seed);
          const appends: Promise<void>[] = [];
          for (let owner = 0; owner < OWNERS; owner++) {
            const log = await open();
            for (let i = 0; i < APPENDS; i++) {
              appends.push(verdicts.append(log, `owner ${owner}, record ${i}`));
            }
            // The next one takes over in the middle of these.
            await Promise.race(appends.slice(-APPENDS / 2));
          }
          await Promise.all(appends);
          proxy.fault = () => undefined;
          await verdicts.check(await open(true));
          expect(verdicts.acknowledged.size).toBeGreaterThanOrEqual(APPENDS);
        } finally {
          for (const log of logs) await log.close().catch(() => undefined);
          for (const client of clients) client.destroy();
          await proxy.stop();
        }
      },
    );
  });
}
