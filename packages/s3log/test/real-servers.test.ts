import { randomUUID } from 'node:crypto';
import { CONFORMANCE_GROUPS, crashGroup, logConformance, modelGroup } from '@wal/conformance';
import { type BucketServer, clientOf, SERVER_LIMIT_MS } from '@wal/s3-servers';
import { createS3Store, type LogOptions, type ObjectStore, openS3Log } from '@wal/s3log';
import { storeConformance } from '@wal/s3log/store-suite';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { PrefixedStore } from './support/prefixed-store.ts';
import { storeFixture } from './support/store-fixture.ts';
import { REAL_SERVERS } from './support/test-servers.ts';

const RACERS = 50;
const ROUNDS = 20;
/** As often and as early as it can be. */
const COMPACTED = { chunkBytes: 1, compactAfterChunks: 2, segmentBytes: 300, compactionGraceMs: 0 };
/** Once is enough for what takes a minute: it meets no other requests with another prefix. */
const OTHER_GROUPS = CONFORMANCE_GROUPS.filter((one) => one !== modelGroup && one !== crashGroup);
/** Each of them gets the log, one after the other. */
const OPENERS = 4;

for (const { name, isMissing, start } of REAL_SERVERS) {
  describe.skipIf(isMissing)(`on ${name}`, () => {
    let server: BucketServer;
    let all: PrefixedStore;
    let clients: ReturnType<typeof clientOf>[];
    let places = 0;

    beforeAll(async () => {
      server = await start();
      // As many clients as there are racers: each has connections of its own.
      clients = Array.from({ length: RACERS }, () => clientOf(server));
      all = new PrefixedStore(storeOfClient(0), `test-${randomUUID()}/`);
    }, SERVER_LIMIT_MS);

    afterAll(async () => {
      await all?.clear();
      for (const client of clients ?? []) client.destroy();
      await server?.stop();
    }, SERVER_LIMIT_MS);

    const storeOfClient = (i: number): ObjectStore =>
      createS3Store({ bucket: server.bucket, client: clients[i] as (typeof clients)[number] });
    /** A place that is empty, for each of the clients. */
    const freshPlace = (): ((client?: number) => PrefixedStore) => {
      const prefix = `${places++}/`;
      const { prefix: root } = all;
      return (client = 0) => new PrefixedStore(storeOfClient(client), root + prefix);
    };

    storeConformance({ describe, test }, { name, open: () => freshPlace()() });

    it(`${RACERS} racers for a key have one winner, ${ROUNDS} times`, async () => {
      const place = freshPlace();
      for (let round = 0; round < ROUNDS; round++) {
        const bodies = Array.from({ length: RACERS }, (_, i) => Buffer.from(`racer ${i}`));
        const outcomes = await Promise.all(
          bodies.map((body, i) => place(i).putIfAbsent(`race/${round}`, body)),
        );
        expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
        const stored = await place().get(`race/${round}`);
        expect(Buffer.from(stored?.body ?? []).toString()).toBe(
          `racer ${outcomes.indexOf('created')}`,
        );
      }
    });

    it(`OPEN-2 of ${OPENERS} openers at once one keeps the log, ${ROUNDS} times`, async () => {
      const place = freshPlace();
      for (let round = 0; round < ROUNDS; round++) {
        const logs = await Promise.all(
          Array.from({ length: OPENERS }, (_, i) => openS3Log({ store: place(i) })),
        );
        const appends = await Promise.allSettled(logs.map((log) => log.append(Buffer.from('x'))));
        const newest = Math.max(...logs.map(({ epoch }) => epoch));
        logs.forEach(({ epoch }, i) => {
          const id = round + 1;
          if (epoch === newest) expect(appends[i]).toMatchObject({ value: { firstId: id } });
          else expect(appends[i]).toMatchObject({ reason: { code: 'ERR_LOG_FENCED' } });
        });
        for (const log of logs) await log.close();
      }
    });

    const fixture = (title: string, options: LogOptions) =>
      storeFixture(`${name}${title}`, options, async () => ({
        store: freshPlace()(),
        remove: async () => undefined, // All of it, at the end.
      }));
    const report = logConformance({ describe, test }, fixture('', { prefix: 'log' }));
    test('skips nothing of the suite', () => {
      expect(report.skipped).toEqual([]);
    });
    const variants = [
      fixture(', no prefix, compacted all the time', COMPACTED),
      fixture(', a slash at the end of the prefix', { prefix: 'a/log/' }),
    ];
    for (const variant of variants)
      for (const group of OTHER_GROUPS) group({ describe, test }, variant);
  });
}
