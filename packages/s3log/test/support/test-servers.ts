import { type BucketServer, Radosgw, S3Server, skipNote, whyNoRadosgw } from '@wal/s3-servers';

/** A server that tests run on. */
export interface TestServer {
  /** With the reason, where it cannot be started. */
  readonly name: string;
  readonly isMissing: boolean;
  readonly isInProcess?: boolean;
  readonly start: () => Promise<BucketServer>;
}

const { WAL_S3_TEST_ENDPOINT, WAL_S3_TEST_BUCKET, AWS_REGION } = process.env;
const reason = whyNoRadosgw();

const inProcess: TestServer = {
  name: 'the server in the process',
  isMissing: false,
  isInProcess: true,
  start: async () => {
    const server = await S3Server.start();
    const { bucket, credentials } = S3Server;
    const { endpoint } = server;
    return { endpoint, region: 'us-east-1', bucket, credentials, stop: () => server.stop() };
  },
};

const radosgw: TestServer = {
  name: `radosgw${skipNote(reason)}`,
  isMissing: reason !== undefined,
  start: () => Radosgw.start('memstore'),
};

/** The one that the environment names, with a bucket in it; the credentials are those the AWS SDK finds. */
function namedServer(endpoint: string): TestServer {
  const server = async (): Promise<BucketServer> => {
    if (WAL_S3_TEST_BUCKET === undefined) throw new Error('WAL_S3_TEST_BUCKET is not set');
    const region = AWS_REGION ?? 'us-east-1';
    return { endpoint, region, bucket: WAL_S3_TEST_BUCKET, stop: async () => undefined };
  };
  return { name: endpoint, isMissing: false, start: server };
}

/** Those that the tests did not write. */
export const REAL_SERVERS: readonly TestServer[] =
  WAL_S3_TEST_ENDPOINT === undefined ? [radosgw] : [radosgw, namedServer(WAL_S3_TEST_ENDPOINT)];

/** What stands behind a proxy. */
export const SERVERS_BEHIND: readonly TestServer[] = [inProcess, radosgw];
