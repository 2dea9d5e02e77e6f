import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { S3Server } from '@wal/s3-servers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { CompiledProgram } from '../process/compiled-program.ts';

const run = promisify(execFile);
const { accessKeyId, secretAccessKey } = S3Server.credentials;
const KEYS = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`;

let program: CompiledProgram;
let server: S3Server;
let home: string;
/** What requests were signed for. */
let regions: Set<string | undefined>;

beforeAll(async () => {
  program = await CompiledProgram.compile('append-process');
});
afterAll(() => program?.remove());

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 's3log-home-'));
  server = await S3Server.start();
  regions = new Set();
  server.disturb = ({ headers }) => {
    regions.add(headers.authorization?.split('/')[2]);
    return undefined;
  };
});
afterEach(async () => {
  await server.stop();
  await rm(home, { recursive: true, force: true });
});

/** What a process says that has these variables, this home, and nothing of this process' environment. */
async function append(variables: Record<string, string>, bucket = S3Server.bucket) {
  const env = { HOME: home, AWS_EC2_METADATA_DISABLED: 'true', ...variables };
  const parameters = ['--no-warnings', program.script, bucket];
  return JSON.parse((await run(process.execPath, parameters, { env })).stdout);
}

async function configure(config: string, credentials = ''): Promise<Record<string, string>> {
  const [AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE] = [join(home, 'c'), join(home, 's')];
  await writeFile(AWS_CONFIG_FILE, config);
  await writeFile(AWS_SHARED_CREDENTIALS_FILE, credentials);
  return { AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE };
}

const inEnvironment = () => ({
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_REGION: 'eu-north-1',
  AWS_ENDPOINT_URL_S3: server.endpoint,
});

it('credentials, region and endpoint come from the environment', async () => {
  expect(await append(inEnvironment())).toEqual({ lastId: 1 });
  expect([...regions]).toEqual(['eu-north-1']);
  expect(server.keys.length).toBeGreaterThan(0);
});

it('or from a profile, with an endpoint for S3 alone', async () => {
  const files = await configure(
    `[profile logs]\nregion = ap-south-1\nservices = local\n[services local]\ns3 =\n  endpoint_url = ${server.endpoint}\n`,
    `[logs]\n${KEYS}`,
  );
  expect(await append({ ...files, AWS_PROFILE: 'logs' })).toEqual({ lastId: 1 });
  expect([...regions]).toEqual(['ap-south-1']);
});

it('or from the default profile; the environment goes before it', async () => {
  const files = await configure(`[default]\nregion = ap-south-1\n${KEYS}`);
  const { AWS_ENDPOINT_URL_S3, AWS_REGION } = inEnvironment();
  expect(await append({ ...files, AWS_ENDPOINT_URL_S3, AWS_REGION })).toEqual({ lastId: 1 });
  expect([...regions]).toEqual(['eu-north-1']);
});

it('without a region, credentials or a profile that is named, the error says what is missing', async () => {
  const { AWS_REGION: _, ...noRegion } = inEnvironment();
  expect(await append(noRegion)).toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: expect.stringContaining('Region is missing'),
  });
  const { AWS_REGION, AWS_ENDPOINT_URL_S3 } = inEnvironment();
  expect(await append({ AWS_REGION, AWS_ENDPOINT_URL_S3 })).toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: expect.stringContaining('Could not load credentials'),
  });
  expect(await append({ AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_PROFILE: 'nobody' })).toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: expect.stringMatching(/nobody|credentials/),
  });
  expect(server.requests).toEqual([]);
});

it('a bucket that is not there, and a wrong secret, are named', async () => {
  expect(await append(inEnvironment(), 'no-such-bucket')).toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: expect.stringContaining('NoSuchBucket'),
  });
  const wrong = { ...inEnvironment(), AWS_SECRET_ACCESS_KEY: 'wrong' };
  expect(await append(wrong)).toMatchObject({
    code: 'ERR_LOG_FAILED',
    message: expect.stringContaining('SignatureDoesNotMatch'),
  });
});
