import { equal, match } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../pack.js';
import { check } from '../report.js';

const TAKEOVER = '2 3\nERR_LOG_FENCED\n2 paid\n3 shipped\n';

/** Appends to a bucket, which the environment names, and reads that back from another opening. */
const BUCKET = `import { openS3Log } from '@wal/s3log';
const bucket = process.env['BUCKET'] ?? '';
const options = { bucket, endpoint: process.env['ENDPOINT'], region: 'us-east-1', forcePathStyle: true };
const log = await openS3Log({ ...options, prefix: 'orders' });
await Promise.all(['created', 'paid'].map((text) => log.append(Buffer.from(text))));
await log.close();
const reader = await openS3Log({ ...options, prefix: 'orders', readOnly: true });
for await (const { id, data } of reader.iterator()) console.log(id, Buffer.from(data).toString());
await reader.close();
`;

export async function useS3log(use) {
  const consumer = await use.install('s3log', ['s3log', 'core']);
  if (consumer === undefined) return;
  const [takeover] = consumer.examplesOf('s3log');
  consumer.write('plain.js', takeover.replaceAll('orders', 'orders-of-plain'));
  await check('s3log: its README runs, as JavaScript', async () => {
    equal(await consumer.run('plain.js'), TAKEOVER);
  });
  consumer.write('takeover.ts', takeover);
  consumer.write('bucket.ts', BUCKET);
  for (const name of ['http-store.ts', 'object-server.ts', 'http-store-node-test.ts']) {
    consumer.write(name, readFileSync(join(ROOT, 'examples/custom-store', name), 'utf8'));
  }
  const files = ['takeover.ts', 'bucket.ts', 'http-store-node-test.ts'];
  await use.compile(consumer, 's3log', files, ['node']);
  await check('s3log: its README runs, compiled', async () => {
    equal(await consumer.run('takeover.js'), TAKEOVER);
  });
  await check('s3log: a log in a bucket, over HTTP', async () => {
    equal(await runInBucket(consumer), '1 created\n2 paid\n');
  });
  await check('s3log: the suite of stores passes on the store of the guide', async () => {
    match(await consumer.run('--test', 'http-store-node-test.js'), /^# fail 0$/m);
  });
}

/** The server of the tests, of the workspace's build: the consumer knows nothing of it but where it is. */
async function runInBucket(consumer) {
  const { S3Server } = await import('../../../packages/s3-servers/dist/index.js');
  const server = await S3Server.start();
  try {
    return await consumer.runWith(
      {
        BUCKET: S3Server.bucket,
        ENDPOINT: server.endpoint,
        AWS_ACCESS_KEY_ID: S3Server.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: S3Server.credentials.secretAccessKey,
      },
      'bucket.js',
    );
  } finally {
    await server.stop();
  }
}
