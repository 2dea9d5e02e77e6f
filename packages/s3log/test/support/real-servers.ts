import { skipNote, whyNoRadosgw } from '../radosgw/programs.ts';
import { Radosgw } from '../radosgw/radosgw.ts';
import type { BucketServer } from './bucket-server.ts';

/** A server that the tests did not write. */
export interface RealServer {
  /** With the reason, where it cannot be started. */
  readonly name: string;
  readonly isMissing: boolean;
  readonly start: () => Promise<BucketServer>;
}

const { WAL_S3_TEST_ENDPOINT, WAL_S3_TEST_BUCKET, AWS_REGION } = process.env;
const reason = whyNoRadosgw();

const radosgw: RealServer = {
  name: `radosgw${skipNote(reason)}`,
  isMissing: reason !== undefined,
  start: () => Radosgw.start('memstore'),
};

/** The one that the environment names, with a bucket in it; the credentials are those the AWS SDK finds. */
function namedServer(endpoint: string): RealServer {
  const server = async (): Promise<BucketServer> => {
    if (WAL_S3_TEST_BUCKET === undefined) throw new Error('WAL_S3_TEST_BUCKET is not set');
    const region = AWS_REGION ?? 'us-east-1';
    return { endpoint, region, bucket: WAL_S3_TEST_BUCKET, stop: async () => undefined };
  };
  return { name: endpoint, isMissing: false, start: server };
}

export const REAL_SERVERS: readonly RealServer[] =
  WAL_S3_TEST_ENDPOINT === undefined ? [radosgw] : [radosgw, namedServer(WAL_S3_TEST_ENDPOINT)];
