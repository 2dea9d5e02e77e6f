import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type BucketServer, createBucket } from '../bucket-server.ts';
import { ownLoopback } from '../loopback.ts';
import type { Credentials } from '../s3-server/signature.ts';
import { type Cluster, cephConf, monitorAddress } from './ceph-conf.ts';
import { Daemon } from './daemon.ts';

const run = promisify(execFile);
const LIMIT_MS = 60_000;

/** A radosgw of its own, with the cluster behind it: on loopback, in a temporary folder. */
export class Radosgw implements BucketServer {
  readonly region = 'us-east-1';
  readonly bucket = 'test-bucket';
  readonly credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
  readonly endpoint: string;
  readonly #cluster: Cluster;
  readonly #conf: string;
  #monitor: Daemon | undefined;
  #osd: Daemon | undefined;
  #gateway: Daemon | undefined;

  private constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#conf = join(cluster.directory, 'ceph.conf');
    this.endpoint = `http://${cluster.address}:${cluster.gatewayPort}`;
  }

  /** One with an empty bucket, its files in `parent`. On `bluestore` what it stored outlives its processes. */
  static async start(
    objectStore: Cluster['objectStore'],
    parent: string = tmpdir(),
  ): Promise<Radosgw> {
    const directory = await mkdtemp(join(parent, 's3log-radosgw-'));
    const address = ownLoopback();
    const [monitorPort = 0, gatewayPort = 0] = await freePorts(address, 2);
    const ports = { monitorPort, gatewayPort };
    const cluster = { directory, id: randomUUID(), objectStore, address, ...ports };
    const server = new Radosgw(cluster);
    try {
      await server.#create();
      await server.startGateway();
      await server.createUser('test', server.credentials);
      await createBucket(server);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Another user, who may do nothing with the buckets of others. */
  async createUser(id: string, { accessKeyId, secretAccessKey }: Credentials): Promise<void> {
    const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
    await this.#admin('user', 'create', `--uid=${id}`, `--display-name=${id}`, ...keys);
  }

  /** Applies the lifecycle rules of all buckets now. */
  async applyLifecycle(): Promise<void> {
    await this.#admin('lc', 'process');
  }

  async startGateway(): Promise<void> {
    const parameters = ['-n', 'client.rgw', '-f', '--no-mon-config', '-c', this.#conf];
    this.#gateway = new Daemon('radosgw', ...parameters);
    await this.#until(this.#gateway, 'radosgw answers', async () => {
      const answer = await fetch(this.endpoint).catch(() => undefined);
      await answer?.text();
      return answer !== undefined;
    });
  }

  /** What it has not handed to the cluster is lost. */
  async killGateway(): Promise<void> {
    await this.#gateway?.kill();
  }

  /** Kills every process. */
  async kill(): Promise<void> {
    await Promise.all([this.#gateway?.kill(), this.#osd?.kill(), this.#monitor?.kill()]);
  }

  /** Starts all that `kill` ended. */
  async restart(): Promise<void> {
    this.#startMonitor();
    await this.#ceph('osd', 'down', '0'); // Otherwise the gateway waits for the one that was killed.
    await this.#startOsd();
    await this.startGateway();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#cluster.directory, { recursive: true, force: true });
  }

  async #create(): Promise<void> {
    const { directory, id, objectStore } = this.#cluster;
    for (const name of ['mon', 'osd', 'rgw']) await mkdir(join(directory, name));
    await writeFile(this.#conf, cephConf(this.#cluster));
    const map = join(directory, 'monmap');
    const address = monitorAddress(this.#cluster);
    const release = ['--set-min-mon-release', 'pacific'];
    await run('monmaptool', ['--create', '--addv', 'a', address, '--fsid', id, ...release, map]);
    const files = ['--keyring', '/dev/null', '--monmap', map, '-c', this.#conf];
    await run('ceph-mon', ['--id', 'a', '--mkfs', ...files]);
    await writeFile(join(directory, 'mon', 'keyring'), '');
    this.#startMonitor();
    const osd = randomUUID();
    await this.#ceph('osd', 'new', osd);
    await this.#ceph('osd', 'crush', 'add', 'osd.0', '1', 'root=default', 'host=test');
    if (objectStore === 'bluestore') {
      const block = join(directory, 'osd', 'block');
      await writeFile(block, '');
      await truncate(block, 20 * 1024 ** 3); // Sparse.
    }
    await run('ceph-osd', ['--id', '0', '--mkfs', '--osd-uuid', osd, '-c', this.#conf]);
    await this.#startOsd();
  }

  async #admin(...command: readonly string[]): Promise<void> {
    const where = ['--no-mon-config', '-c', this.#conf, '-n', 'client.rgw'];
    await run('radosgw-admin', [...where, ...command]);
  }

  #startMonitor(): void {
    this.#monitor = new Daemon('ceph-mon', '--id', 'a', '-f', '-c', this.#conf);
  }

  async #startOsd(): Promise<void> {
    this.#osd = new Daemon('ceph-osd', '--id', '0', '-f', '-c', this.#conf);
    await this.#until(this.#osd, 'the OSD is up', async () =>
      (await this.#ceph('osd', 'stat')).includes('1 up'),
    );
  }

  /** Waits for the monitor, too. */
  async #ceph(...command: readonly string[]): Promise<string> {
    const parameters = ['-c', this.#conf, '--connect-timeout', '30', ...command];
    return (await run('ceph', parameters, { timeout: LIMIT_MS })).stdout;
  }

  async #until(daemon: Daemon, what: string, isSo: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + LIMIT_MS;
    const poll = async (): Promise<void> => {
      while (!(await isSo())) {
        if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
        await sleep(20);
      }
    };
    await Promise.race([poll(), daemon.failed()]);
  }
}

/** Ports of an address that nobody listens on. */
async function freePorts(address: string, count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    ports.push((server.address() as { port: number }).port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}
