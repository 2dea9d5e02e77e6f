import { SimRandom } from '@wal/conformance';
import {
  clientOf,
  FaultProxy,
  Radosgw,
  SERVER_LIMIT_MS,
  skipNote,
  whyNoRadosgw,
} from '@wal/s3-servers';
import { openS3Log } from '@wal/s3log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompiledProgram } from '../process/compiled-program.ts';
import { Oracle } from '../process/oracle.ts';
import { Writer } from '../process/writer.ts';

const { S3LOG_KILLS, S3LOG_KILL_SEED } = process.env;
const KILLS = Number(S3LOG_KILLS ?? 24);
const SEED = Number(S3LOG_KILL_SEED ?? Math.floor(Math.random() * 1e6));
/** Killed at a request, counted from its first one: while it opens the log, at work, and in a truncate or trim. */
const MOST_REQUESTS = 70;
const reason = whyNoRadosgw();

describe.skipIf(reason !== undefined)(
  `writers that are killed on radosgw, seed ${SEED}${skipNote(reason)}`,
  () => {
    let server: Radosgw;
    let proxy: FaultProxy;
    let compiled: CompiledProgram;
    beforeAll(async () => {
      compiled = await CompiledProgram.compile('writer-process');
      server = await Radosgw.start('memstore');
      proxy = await FaultProxy.start(server);
    }, SERVER_LIMIT_MS);
    afterAll(async () => {
      compiled?.remove();
      await proxy?.stop();
      await server?.stop();
    });

    it(
      `CRASH-1 CRASH-2 ${KILLS} of them, each at a request of its own, which is done or not`,
      async () => {
        const random = new SimRandom(SEED);
        const client = clientOf(server);
        const { region, bucket, credentials } = server;
        const oracle = new Oracle();
        let killed = 0;
        const during: Record<string, number> = {};
        try {
          for (let i = 0; killed < KILLS; i++) {
            expect(i).toBeLessThan(2 * KILLS);
            const at = random.integer(0, MOST_REQUESTS - 1);
            const isDone = random.chance(0.5);
            let requests = 0;
            let kill: Promise<void> | undefined;
            proxy.fault = ({ method }) => {
              if (requests++ === at) {
                during[method] = (during[method] ?? 0) + 1;
                kill = writer.kill();
                return { isDone };
              }
              // What came after the fatal one may be on its way still, and arrives.
              return undefined;
            };
            const orders = { region, bucket, credentials, prefix: 'killed', seed: SEED + i };
            const { endpoint } = proxy;
            const writer = new Writer(compiled.script, { ...orders, endpoint, rounds: 12 });
            await writer.ended;
            await kill;
            if (kill !== undefined) killed++;
            oracle.follow(writer.lines);
            const next = await openS3Log({ bucket, client, prefix: 'killed' });
            await oracle.check(next);
            await next.close();
          }
        } finally {
          client.destroy();
        }
        console.info(`killed at ${JSON.stringify(during)}`);
      },
      60_000 + KILLS * 5_000,
    );
  },
);
