import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { clientOf, Radosgw, SERVER_LIMIT_MS, skipNote, whyNoRadosgw } from '@wal/s3-servers';
import { createS3Store, openS3Log, probeStore, type S3Log } from '@wal/s3log';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { liveAsReader, type OpenLog } from './log-life.ts';

/** Two days, as this server counts them. */
const TWO_DAYS_MS = 2_100;
const UNSUPPORTED = { code: 'ERR_LOG_UNSUPPORTED_STORE' };
const reason = whyNoRadosgw();

describe.skipIf(reason !== undefined)(`a versioned bucket, on radosgw${skipNote(reason)}`, () => {
  let server: Radosgw;
  let client: ReturnType<typeof clientOf>;
  let buckets = 0;
  let bucket: string;

  beforeAll(async () => {
    server = await Radosgw.start('memstore');
    client = clientOf(server);
  }, SERVER_LIMIT_MS);
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });
  beforeEach(async () => {
    bucket = `versions-${buckets++}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });

  const open: OpenLog = (given) =>
    openS3Log({ bucket, client, prefix: 'orders', chunkBytes: 1, ...given });
  const store = () => createS3Store({ bucket, client });

  async function turnVersioningOn(): Promise<void> {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
  }
  async function append(log: S3Log, count: number): Promise<void> {
    for (let i = 0; i < count; i++) await log.append(Buffer.from('x'));
  }
  async function versions() {
    const found = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    return {
      old: (found.Versions ?? []).filter((v) => !v.IsLatest),
      markers: found.DeleteMarkers ?? [],
    };
  }

  it('does not look at the condition of a put: a new log is refused', async () => {
    await turnVersioningOn();
    await expect(open()).rejects.toMatchObject(UNSUPPORTED);
    await expect(probeStore(store())).rejects.toMatchObject(UNSUPPORTED);
  });

  it('takes a log its fence, if it becomes versioned under it: only a probe tells', async () => {
    const former = await open();
    await append(former, 2);
    await turnVersioningOn();
    const owner = await open();
    await append(owner, 1);
    // What must not be, and is: the former owner is told that its record is stored.
    expect(await former.append(Buffer.from('lost'))).toEqual({ firstId: 3, lastId: 3 });
    expect(owner.lastId).toBe(3);
    await expect(probeStore(store(), { prefix: 'orders' })).rejects.toMatchObject(UNSUPPORTED);
    await Promise.all([former.close(), owner.close()]);
  });

  it('keeps what a log deletes, until a rule deletes it for good; the log is the same all the time', async () => {
    const log = await open();
    await append(log, 20);
    await turnVersioningOn();
    await log.trim(15);
    await log.close();
    expect(await liveAsReader(open)).toEqual([16, 17, 18, 19, 20]);
    const kept = await versions();
    expect([kept.old.length, kept.markers.length]).toEqual([15, 15]);
    const rule = {
      Status: 'Enabled' as const,
      Filter: { Prefix: '' },
      NoncurrentVersionExpiration: { NoncurrentDays: 1 },
      Expiration: { ExpiredObjectDeleteMarker: true },
    };
    const LifecycleConfiguration = { Rules: [rule] };
    await client.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }),
    );
    for (let runs = 0; runs < 2; runs++) {
      await sleep(TWO_DAYS_MS); // Time is what is tested.
      await server.applyLifecycle();
    }
    expect(await versions()).toEqual({ old: [], markers: [] });
    expect(await liveAsReader(open)).toEqual([16, 17, 18, 19, 20]);
  });

  it('gives back what was deleted: without its delete marker it is there again', async () => {
    const log = await open();
    await append(log, 5);
    await log.close();
    await turnVersioningOn();
    const all = (await store().list('orders/')).map(({ key }) => key);
    await store().delete(all);
    await expect(open({ readOnly: true })).rejects.toMatchObject({ code: 'ERR_LOG_READ_ONLY' });
    for (const { Key, VersionId } of (await versions()).markers)
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
    expect(await liveAsReader(open)).toEqual([1, 2, 3, 4, 5]);
  });
});
