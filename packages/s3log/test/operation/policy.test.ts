import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import {
  clientOf,
  Radosgw,
  S3Server,
  SERVER_LIMIT_MS,
  skipNote,
  whyNoRadosgw,
} from '@wal/s3-servers';
import { openS3Log } from '@wal/s3log';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startS3 } from '../support/s3-bucket.ts';
import {
  actionsOf,
  bucketPolicy,
  documentedPolicy,
  isAllowed,
  type Policy,
  permissionsFor,
  without,
} from './documented-policy.ts';
import { liveAsReader, liveAsWriter, type OpenLog } from './log-life.ts';

/** What a log holds in the end that lived through it all. */
const LEFT = [5, 6, 7, 8, 9, 10, 11, 12, 13];
const ACTIONS = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:ListBucket'];
const DENIED = { code: 'ERR_LOG_FAILED', message: expect.stringContaining('AccessDenied') };

const options = { prefix: 'orders', chunkBytes: 1, compactionGraceMs: 0, giveUpAfterMs: 2_000 };

describe('the policies of docs/S3.md, held against each request', () => {
  let s3: Awaited<ReturnType<typeof startS3>>;
  beforeEach(async () => {
    s3 = await startS3();
  });
  afterEach(() => s3.stop());

  const open: OpenLog = (given) => openS3Log({ ...options, store: s3.store, ...given });
  /** What is refused from now on is what the policy does not allow. @returns what was asked for. */
  function enforce(policy: Policy): Set<string> {
    const asked = new Set<string>();
    s3.server.disturb = (request) => {
      const permissions = permissionsFor(request, S3Server.bucket);
      for (const [action] of permissions) asked.add(action);
      const isRefused = permissions.some((each) => !isAllowed(policy, each));
      return isRefused ? { error: 'AccessDenied' } : undefined;
    };
    return asked;
  }

  it('are of the actions that the tests know', () => {
    const policy = documentedPolicy('writer', S3Server.bucket);
    expect(policy.Statement.flatMap(actionsOf).sort()).toEqual(ACTIONS.toSorted());
  });

  it('that of a writer allows all that a log does in its life, and nothing that it does not', async () => {
    const asked = enforce(documentedPolicy('writer', S3Server.bucket));
    expect(await liveAsWriter(open)).toEqual(LEFT);
    expect([...asked].sort()).toEqual(ACTIONS.toSorted());
    const other = openS3Log({ ...options, store: s3.store, prefix: 'others' });
    await expect(other).rejects.toMatchObject(DENIED);
  });

  it('that of a reader allows all that reading takes, and no change', async () => {
    await liveAsWriter(open);
    const asked = enforce(documentedPolicy('reader', S3Server.bucket));
    expect(await liveAsReader(open)).toEqual(LEFT);
    expect([...asked].sort()).toEqual(['s3:GetObject', 's3:ListBucket']);
    const { keys } = s3.server;
    await expect(open()).rejects.toMatchObject(DENIED);
    expect(s3.server.keys).toEqual(keys);
  });

  it.each(['s3:GetObject', 's3:PutObject', 's3:ListBucket'])(
    'without %s no log can be created',
    async (action) => {
      enforce(without(documentedPolicy('writer', S3Server.bucket), action));
      await expect(open()).rejects.toMatchObject(DENIED);
    },
  );

  it('without s3:DeleteObject a log lives, nothing is deleted, and a collection says so', async () => {
    const policy = documentedPolicy('writer', S3Server.bucket);
    enforce(without(policy, 's3:DeleteObject'));
    const log = await open();
    for (let i = 0; i < 5; i++) await log.append(Buffer.from('x'));
    await log.trim(3);
    await expect(log.collect()).rejects.toMatchObject(DENIED);
    await log.close();
    const chunks = s3.server.keys.filter((key) => key.startsWith('orders/d/'));
    expect(chunks).toHaveLength(5);
    enforce(policy);
    const again = await open();
    expect(await again.collect()).toBe(3);
    await again.close();
  });
});

const reason = whyNoRadosgw();
describe.skipIf(reason !== undefined)(
  `the policies of docs/S3.md, on radosgw${skipNote(reason)}`,
  () => {
    let server: Radosgw;
    let owner: ReturnType<typeof clientOf>;
    const users: Record<string, ReturnType<typeof clientOf>> = {};

    beforeAll(async () => {
      server = await Radosgw.start('memstore');
      owner = clientOf(server);
      for (const user of ['writer', 'reader']) {
        const credentials = { accessKeyId: user, secretAccessKey: `${user}-secret` };
        await server.createUser(user, credentials);
        const { endpoint, region, bucket } = server;
        users[user] = clientOf({ endpoint, region, bucket, credentials });
      }
    }, SERVER_LIMIT_MS);
    afterAll(async () => {
      for (const client of [owner, ...Object.values(users)]) client?.destroy();
      await server?.stop();
    });

    const openAs = (user: string, given = {}) =>
      openS3Log({ ...options, bucket: server.bucket, client: users[user], ...given });
    async function grant(of: 'writer' | 'reader', condition?: object): Promise<void> {
      const { Version, Statement } = documentedPolicy(of, server.bucket);
      const conditional = Statement.map((each) =>
        condition === undefined || !actionsOf(each).includes('s3:ListBucket')
          ? each
          : { ...each, Condition: condition },
      );
      const Policy = bucketPolicy({ Version, Statement: conditional }, of);
      await owner.send(new PutBucketPolicyCommand({ Bucket: server.bucket, Policy }));
    }

    it('nothing is allowed without one', async () => {
      await expect(openAs('writer')).rejects.toMatchObject(DENIED);
    });

    it('a writer lives through all, below its prefix and nowhere else', async () => {
      await grant('writer');
      expect(await liveAsWriter((given) => openAs('writer', given))).toEqual(LEFT);
      await expect(openAs('writer', { prefix: 'others' })).rejects.toMatchObject(DENIED);
    });

    it('a reader reads, and cannot take the log over', async () => {
      await grant('reader');
      expect(await liveAsReader((given) => openAs('reader', given))).toEqual(LEFT);
      await expect(openAs('reader')).rejects.toMatchObject(DENIED);
    });

    it('with a condition on s3:prefix a reader is refused what is not there: it must hold IfExists', async () => {
      const prefix = { 's3:prefix': 'orders/*' };
      await grant('reader', { StringLike: prefix });
      const reading = liveAsReader((given) => openAs('reader', given));
      await expect(reading).rejects.toMatchObject(DENIED);
      await grant('reader', { StringLikeIfExists: prefix });
      expect(await liveAsReader((given) => openAs('reader', given))).toEqual(LEFT);
    });
  },
);
