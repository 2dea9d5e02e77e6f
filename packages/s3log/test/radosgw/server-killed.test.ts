import { setTimeout as sleep } from 'node:timers/promises';
import { clientOf, Radosgw, SERVER_LIMIT_MS, skipNote, whyNoRadosgw } from '@wal/s3-servers';
import { openS3Log, type S3Log } from '@wal/s3log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const GATEWAY_KILLS = 6;
const CLUSTER_KILLS = 2;
/** Appends under way at once. */
const APPENDERS = 24;
/** Appends acknowledged between a restart and the next kill. */
const BETWEEN = 100;
/** How long the server may take to come back: the machine may be busy. */
const BACK_MS = 300_000;
const LIMIT_MS = 900_000;

const reason = whyNoRadosgw();

/** Appends to a log without a pause, several at once, and notes what is acknowledged. */
class Appender {
  readonly acknowledged = new Map<number, string>();
  /** Those that were under way when the server was killed are acknowledged once it is back. */
  readonly failures: unknown[] = [];
  readonly #log: S3Log;
  readonly #done: Promise<unknown>;
  #count = 0;
  #isStopped = false;

  constructor(log: S3Log) {
    this.#log = log;
    this.#done = Promise.all(Array.from({ length: APPENDERS }, () => this.#append()));
  }

  /** Waits until so many more are acknowledged. */
  async more(count: number): Promise<void> {
    const enough = this.acknowledged.size + count;
    while (this.acknowledged.size < enough && this.failures.length === 0) await sleep(5);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  async #append(): Promise<void> {
    while (!this.#isStopped) {
      const text = `${this.#count++} ${'x'.repeat(3_000)}`;
      try {
        const { firstId } = await this.#log.append(Buffer.from(text));
        this.acknowledged.set(firstId, text);
      } catch (error) {
        this.failures.push(error);
        return;
      }
    }
  }
}

describe.skipIf(reason !== undefined)(
  `CRASH-1 radosgw is killed in the middle of appends, and started again${skipNote(reason)}`,
  () => {
    let server: Radosgw;
    let client: ReturnType<typeof clientOf>;

    beforeAll(async () => {
      server = await Radosgw.start('bluestore');
      client = clientOf(server);
    }, SERVER_LIMIT_MS);

    afterAll(async () => {
      client?.destroy();
      await server?.stop();
    });

    /** Small chunks, so that many puts are in flight. */
    const open = (prefix: string, options = {}): Promise<S3Log> =>
      openS3Log({
        bucket: server.bucket,
        client,
        prefix,
        chunkBytes: 4_000,
        requestTimeoutMs: 2_000,
        giveUpAfterMs: BACK_MS,
        ...options,
      });

    const cases: [string, number, () => Promise<void>][] = [
      [
        'the gateway',
        GATEWAY_KILLS,
        async () => {
          await server.killGateway();
          await server.startGateway();
        },
      ],
      [
        'gateway, OSD and monitor',
        CLUSTER_KILLS,
        async () => {
          await server.kill();
          await server.restart();
        },
      ],
    ];
    it.each(cases)(
      '%s: nothing acknowledged is lost, and appends go on',
      async (_, kills, kill) => {
        const prefix = `killed ${kills}`;
        const log = await open(prefix);
        const appender = new Appender(log);
        for (let i = 0; i < kills; i++) {
          await appender.more(BETWEEN);
          await kill();
        }
        await appender.more(BETWEEN);
        await appender.stop();
        await log.close();
        expect(appender.failures).toEqual([]);
        const again = await open(prefix);
        const found = new Map<number, string>();
        for await (const { id, data } of again.iterator()) {
          found.set(id, Buffer.from(data).toString());
        }
        await again.close();
        // Each once, though its put was sent more than once.
        expect(found.size).toBe(appender.acknowledged.size);
        expect(found).toEqual(new Map([...appender.acknowledged].sort(([a], [b]) => a - b)));
      },
      LIMIT_MS,
    );

    it('an append fails as unknown when the server stays away, and an opening waits for it', async () => {
      // Nothing listens on the port of a gateway that was killed: its clients are told so at once.
      const hasty = { giveUpAfterMs: 500, requestTimeoutMs: 60_000 };
      const log = await open('away', hasty);
      const { lastId: kept } = await log.append(Buffer.from('kept'));
      await server.killGateway();
      await expect(log.append(Buffer.from('lost'))).rejects.toMatchObject({
        code: 'ERR_LOG_OUTCOME_UNKNOWN',
      });
      await expect(open('away', hasty)).rejects.toMatchObject({
        code: 'ERR_LOG_FAILED',
      });
      const opening = open('away');
      await server.startGateway();
      const again = await opening;
      expect(again.lastId).toBe(kept);
      await again.close();
      await log.close();
    });
  },
);
