import { S3Client } from '@aws-sdk/client-s3';
import { SimRandom } from '@wal/conformance';
import { openS3Log, type S3Log } from '@wal/s3log';
import { sayLine } from '@wal/test-harness';
import type { WriterLine, WriterOrders } from './writer-lines.ts';

/*
 * A process that writes to a log until it is killed, or has done its rounds: appends, many at once, and now and
 * then a truncate or a trim. What it says is in the pipe before it goes on.
 */
const orders = JSON.parse(process.argv[2] ?? '') as WriterOrders;
const random = new SimRandom(orders.seed);
const below = (limit: number): number => random.integer(0, limit - 1);
const MOST_AT_ONCE = 12;

const say: (line: WriterLine) => void = sayLine;

async function outcome(what: string, done: Promise<unknown>, success: WriterLine): Promise<void> {
  await done.then(
    () => say(success),
    ({ code, message }) => say({ say: 'failed', what, code: String(code ?? message) }),
  );
}

function append(log: S3Log): Promise<void> {
  const id = log.nextId;
  const text = `${process.pid} ${id} ${'x'.repeat(below(2_000))}`;
  say({ say: 'append', id, text });
  return outcome('append', log.append(Buffer.from(text)), { say: 'appended', id });
}

async function work(log: S3Log): Promise<void> {
  for (let round = 0; round < orders.rounds; round++) {
    await Promise.all(Array.from({ length: 1 + below(MOST_AT_ONCE) }, () => append(log)));
    const { firstId, lastId } = log;
    if (firstId === undefined || lastId === undefined) continue;
    const to = lastId - below(Math.min(6, lastId - firstId + 1));
    if (round % 5 === 4) {
      say({ say: 'truncate', to });
      await outcome('truncate', log.truncate(to), { say: 'truncated', to });
    } else if (round % 7 === 6) {
      // Most stays, so that there is something to lose.
      const mark = Math.max(firstId, to - 60);
      say({ say: 'trim', to: mark });
      await outcome('trim', log.trim(mark), { say: 'trimmed', to: mark });
    }
  }
}

const { endpoint, region, credentials, bucket, prefix } = orders;
const client = new S3Client({
  endpoint,
  region,
  credentials,
  forcePathStyle: true,
  maxAttempts: 1,
});
const log = await openS3Log({ bucket, client, prefix, chunkBytes: 2_000 });
say({ say: 'opened', epoch: log.epoch, nextId: log.nextId });
await work(log);
await log.close();
say({ say: 'closed' });
client.destroy();
