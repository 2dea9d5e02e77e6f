import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3';
import { clientOf, Radosgw, SERVER_LIMIT_MS, skipNote, whyNoRadosgw } from '@wal/s3-servers';
import { createS3Store, openS3Log } from '@wal/s3log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { liveAsReader, liveAsWriter, type OpenLog } from './log-life.ts';

/** Two days, as this server counts them. */
const TWO_DAYS_MS = 2_100;
const MOST_PASSES = 20;
/** What is no part of the log. */
const OTHERS = ['reports/a', 'orders-old/a', 'orders/probe/a'];
const reason = whyNoRadosgw();

const expire = { Expiration: { Days: 1 } };
/** By name, what a log has to live with, each in a bucket of its own. */
const CASES: Readonly<Record<string, readonly LifecycleRule[]>> = {
  harmless: [
    ruleFor('reports/', expire),
    ruleFor('orders-old/', expire),
    ruleFor('orders/probe/', expire),
    ruleFor('orders/', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }),
  ],
  roots: [ruleFor('orders/root/', expire)],
  chunks: [ruleFor('orders/d/', expire)],
  segments: [ruleFor('orders/s/', expire)],
  all: [ruleFor('orders/', expire)],
};

function ruleFor(Prefix: string, rule: Partial<LifecycleRule>): LifecycleRule {
  return { Status: 'Enabled', ID: Prefix, Filter: { Prefix }, ...rule };
}

describe.skipIf(reason !== undefined)(`lifecycle rules, on radosgw${skipNote(reason)}`, () => {
  let server: Radosgw;
  let client: ReturnType<typeof clientOf>;
  let left: readonly number[];

  beforeAll(async () => {
    server = await Radosgw.start('memstore');
    client = clientOf(server);
    for (const [bucket, Rules] of Object.entries(CASES)) {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      left = await liveAsWriter(logIn(bucket));
      for (const key of OTHERS) await storeOf(bucket).putIfAbsent(key, Buffer.from('x'));
      const LifecycleConfiguration = { Rules: [...Rules] };
      await client.send(
        new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }),
      );
    }
    await sleep(TWO_DAYS_MS); // Time is what is tested.
    // A pass leaves out a bucket that is being looked at already.
    for (let passes = 0; passes < MOST_PASSES; passes++) {
      await server.applyLifecycle();
      if ((await keysThatExpire()).length === 0) break;
      await sleep(TWO_DAYS_MS);
    }
  }, SERVER_LIMIT_MS);
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });

  const logIn =
    (bucket: string): OpenLog =>
    (given) =>
      openS3Log({ bucket, client, prefix: 'orders', chunkBytes: 1, ...given });
  const storeOf = (bucket: string) => createS3Store({ bucket, client });
  const keysIn = async (bucket: string, prefix: string): Promise<string[]> =>
    (await storeOf(bucket).list(prefix)).map(({ key }) => key);
  const keysThatExpire = async (): Promise<string[]> => {
    const expiring = Object.entries(CASES).flatMap(([bucket, rules]) =>
      rules
        .filter(({ Expiration }) => Expiration !== undefined)
        .map(({ Filter }) => keysIn(bucket, Filter?.Prefix ?? '')),
    );
    return (await Promise.all(expiring)).flat();
  };

  it('of other prefixes, of the folder of probes, and of uploads in parts do no harm', async () => {
    for (const key of OTHERS) expect(await keysIn('harmless', key)).toEqual([]);
    expect(await liveAsReader(logIn('harmless'))).toEqual(left);
  });

  it('of the root versions destroy a log: it does not open', async () => {
    expect(await keysIn('roots', 'orders/root/')).toEqual([]);
    await expect(logIn('roots')()).rejects.toMatchObject({ code: 'ERR_LOG_CORRUPT' });
  });

  it('of the chunks destroy a log: it ends where they began, without a word', async () => {
    expect(await keysIn('chunks', 'orders/d/')).toEqual([]);
    // These are in segments.
    expect(await liveAsReader(logIn('chunks'))).toEqual(left.slice(0, -2));
  });

  it('of the segments destroy a log: what they held cannot be read', async () => {
    expect(await keysIn('segments', 'orders/s/')).toEqual([]);
    await expect(liveAsReader(logIn('segments'))).rejects.toMatchObject({
      code: 'ERR_LOG_CORRUPT',
      segment: expect.stringContaining('orders/s/'),
    });
  });

  it('of all of a log destroy it without a trace: whoever opens it next creates another', async () => {
    expect(await keysIn('all', 'orders/')).toEqual([]);
    const open = logIn('all');
    await expect(open({ readOnly: true })).rejects.toMatchObject({ code: 'ERR_LOG_READ_ONLY' });
    const log = await open();
    expect([log.epoch, log.lastId]).toEqual([1, undefined]);
    await log.close();
  });
});
