import { SimRandom } from '@wal/conformance';
import {
  clientOf,
  FaultProxy,
  Radosgw,
  SERVER_LIMIT_MS,
  skipNote,
  whyNoRadosgw,
} from '@wal/s3-servers';
import { createS3Store, openS3Log, type S3Log } from '@wal/s3log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompiledProgram } from '../process/compiled-program.ts';
import { Oracle } from '../process/oracle.ts';
import { Writer } from '../process/writer.ts';
import type { WriterLine } from '../process/writer-lines.ts';

const { S3LOG_STALLS, S3LOG_STALL_SEED } = process.env;
const STALLS = Number(S3LOG_STALLS ?? 16);
const SEED = Number(S3LOG_STALL_SEED ?? Math.floor(Math.random() * 1e6));
/** From which request on a writer's requests are held on their way. The first 18 or so open the log. */
const FIRST_HELD = 18;
const MOST_HELD = 80;
/** More than a writer gets to before that. */
const ROUNDS = 60;
const reason = whyNoRadosgw();

async function contentOf(log: S3Log): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const { id, data } of log.iterator()) found.set(id, Buffer.from(data).toString());
  return found;
}

/** What a writer may still say when it goes on, once another has found the log as `found`, which ends before `nextId`. */
function expectHonest(
  late: readonly WriterLine[],
  texts: ReadonlyMap<number, string>,
  { found, nextId }: { found: ReadonlyMap<number, string>; nextId: number },
): string[] {
  const codes: string[] = [];
  for (const line of late) {
    if (line.say === 'appended') expect(found.get(line.id)).toBe(texts.get(line.id));
    if (line.say === 'truncated') expect(nextId - 1).toBe(line.to);
    if (line.say === 'trimmed') expect(found.has(line.to)).toBe(false);
    if (line.say === 'failed') codes.push(`${line.what} ${line.code}`);
  }
  return codes;
}

describe.skipIf(reason !== undefined)(
  `writers that are suspended on radosgw, seed ${SEED}${skipNote(reason)}`,
  () => {
    let server: Radosgw;
    let proxy: FaultProxy;
    let compiled: CompiledProgram;
    let client: ReturnType<typeof clientOf>;
    let landedLate = 0;
    const codes: Record<string, number> = {};

    beforeAll(async () => {
      compiled = await CompiledProgram.compile('writer-process');
      server = await Radosgw.start('memstore');
      proxy = await FaultProxy.start(server);
      client = clientOf(server);
    }, SERVER_LIMIT_MS);
    afterAll(async () => {
      compiled?.remove();
      client?.destroy();
      await proxy?.stop();
      await server?.stop();
    });

    async function objects(prefix: string): Promise<number> {
      const store = createS3Store({ bucket: server.bucket, client });
      return (await store.list(`${prefix}/d/`)).length;
    }

    /** Holds what comes from a request on, and all after it. */
    function holdFrom(at: number): {
      begun: Promise<void>;
      release: () => void;
      arrived: () => Promise<unknown>;
    } {
      let requests = 0;
      let begin = (): void => undefined;
      let release = (): void => undefined;
      const begun = new Promise<void>((resolve) => (begin = resolve));
      const held = new Promise<void>((resolve) => (release = resolve));
      proxy.fault = () => {
        if (requests++ < at) return undefined;
        begin();
        return { isDone: true, held };
      };
      return { begun, release, arrived: () => proxy.idle() };
    }

    async function stall(prefix: string, i: number): Promise<void> {
      const random = new SimRandom(SEED + i);
      const hold = holdFrom(random.integer(FIRST_HELD, MOST_HELD - 1));
      const { region, bucket, credentials } = server;
      const { endpoint } = proxy;
      const where = { endpoint, region, bucket, credentials, prefix };
      const writer = new Writer(compiled.script, { ...where, seed: SEED + i, rounds: ROUNDS });
      try {
        await Promise.race([hold.begun, writer.ended]);
        // Every other one sends as much as it can before it stands still.
        if (i % 2 === 0) await writer.quiet();
        await writer.suspend();
        const next = await openS3Log({ bucket, client, prefix });
        const heard = writer.lines.length; // All that it had said is here by now.
        const oracle = new Oracle();
        oracle.follow(writer.lines);
        await oracle.check(next);
        const before = { found: await contentOf(next), nextId: next.nextId };
        await next.append([Buffer.from('next 1'), Buffer.from('next 2')]);
        const stored = await objects(prefix);
        // The late requests arrive before it goes on, or after.
        if (i % 4 < 2) {
          hold.release();
          await hold.arrived();
        }
        writer.resume();
        hold.release();
        await writer.ended;
        await hold.arrived();
        landedLate += (await objects(prefix)) - stored;
        expect(writer.isClosed).toBe(true);
        const said = writer.lines.flatMap((line) => (line.say === 'append' ? [line] : []));
        const texts = new Map(said.map(({ id, text }) => [id, text]));
        const failures = expectHonest(writer.lines.slice(heard), texts, before);
        for (const code of failures) codes[code] = (codes[code] ?? 0) + 1;
        await next.append(Buffer.from('next 3'));
        await next.close();
        const reader = await openS3Log({ bucket, client, prefix, readOnly: true });
        const after = ['next 1', 'next 2', 'next 3'];
        const expected = [...before.found, ...after.map((text, n) => [before.nextId + n, text])];
        expect([...(await contentOf(reader))]).toEqual(expected);
        await reader.close();
      } finally {
        hold.release();
        await writer.kill();
      }
    }

    it.each(Array.from({ length: STALLS }, (_, i) => [SEED + i, i]))(
      'OPEN-2 APPEND-8 another takes over, then its puts arrive, S3LOG_STALL_SEED=%i',
      async (_, i) => await stall(`stalled-${i}`, i),
    );

    it('of their late puts some were stored, and all who lost the log were told', () => {
      console.info(`${landedLate} chunks landed above a seal; ${JSON.stringify(codes)}`);
      expect(landedLate).toBeGreaterThan(0);
      expect(codes['append ERR_LOG_FENCED']).toBeGreaterThan(0);
      const allowed = /^(append|truncate|trim) ERR_LOG_(FENCED|FAILED|OUTCOME_UNKNOWN)$/;
      for (const code of Object.keys(codes)) expect(code).toMatch(allowed);
    });
  },
);
