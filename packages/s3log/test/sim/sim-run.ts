import { SimRandom } from '@wal/conformance';
import type { LogRecord } from '@wal/core';
import type { openS3Log, S3Log } from '@wal/s3log';
import { Bucket } from './bucket.ts';
import { History, type Moment } from './history.ts';
import { Judge } from './judge.ts';
import { explainHistory } from './linearizability.ts';
import { SimClient, type Weather } from './sim-client.ts';
import { SimFollower } from './sim-follower.ts';
import { SimProcess } from './sim-process.ts';
import { SimWorld } from './sim-world.ts';
import { extentOf, SimWriter } from './sim-writer.ts';

/** A seed that the log did not survive. */
class SimFailure extends Error {
  override readonly name = 'SimFailure';
}

/** More than any run needs. */
const MOST_EVENTS = 200_000;
/** More than all writers take, unless they hang: these find that out. */
const MOST_LIVES_MS = 3_000_000;
/** What is on its way for longest has arrived by then. */
const ALL_ARRIVED_MS = 1_000_000;
/** How long a follower may take to come to the end, once nothing is in its way: it looks at the root each 10 s. */
const CATCH_UP_MS = 60_000;
/** The most requests of an opener without rivals or trouble, with a probe, and more for each epoch without a chunk. */
const MOST_OPENER_REQUESTS = 25;
const MOST_REQUESTS_AN_EPOCH = 3;

/** About so many records are got by their ids, of each log that is checked. */
const MOST_GETS = 8;

/** Time limits in which troubles that last for minutes are given up. */
const TIMES = { requestTimeoutMs: 1_000, giveUpAfterMs: 15_000 };

/** One seeded life of a log: writers that fence one another, followers, and all kinds of trouble. */
export class SimRun {
  readonly judge = new Judge();
  readonly history = new History();
  readonly world = new SimWorld(MOST_EVENTS);
  readonly random: SimRandom;
  readonly weather: Weather = { trouble: 0 };
  /** Whether there is compaction, which moves the place from which on an opener has to look. */
  readonly compacts: boolean;
  readonly #bucket = new Bucket(this.judge);
  readonly #seed: number;
  readonly #open: typeof openS3Log;
  #processes = 0;

  constructor(seed: number, open: typeof openS3Log) {
    this.#seed = seed;
    this.#open = open;
    this.random = new SimRandom(seed);
    this.compacts = this.random.chance(0.5);
  }

  async run(): Promise<void> {
    try {
      await this.#live();
    } catch (error) {
      this.judge.find((error as Error).stack ?? String(error));
    }
    // Otherwise what waits for a turn of the event loop would hold all lives at once.
    await new Promise((resolve) => setImmediate(resolve));
    const unexplained = this.explain();
    if (unexplained !== undefined) this.judge.find(`no order explains it: ${unexplained}`);
    const [finding] = this.judge.findings;
    if (finding !== undefined) throw new SimFailure(`seed ${this.#seed}: ${finding}`);
  }

  /** What no order of all that was done explains of what was seen; `undefined` if one explains all. */
  explain(): string | undefined {
    return explainHistory(this.history, { firstId: 1, nextId: 1 });
  }

  /** Somebody was given a record, of what there was since a moment. @returns its payload. */
  saw({ id, data }: LogRecord, since: Moment): string {
    const payload = textOf(data);
    this.judge.delivered(id, payload);
    this.history.sawRecord(since, id, payload);
    return payload;
  }

  /** A process with its own way to the bucket, and how it opens the log. */
  spawn(name: string): {
    readonly process: SimProcess;
    readonly client: SimClient;
    readonly open: (readOnly?: boolean) => Promise<S3Log>;
  } {
    const { world, random, weather } = this;
    const process = new SimProcess(
      `${name}${++this.#processes}`,
      world,
      new SimRandom(random.seed()),
    );
    const client = new SimClient(this.#bucket, process, new SimRandom(random.seed()), weather);
    const options = {
      ...TIMES,
      store: client,
      clock: process,
      entropy: process,
      maxInFlight: random.integer(1, 4),
      chunkBytes: random.pick([1, 20, 1_000_000]),
      compactAfterChunks: this.compacts ? random.pick([0, 2, 5]) : 0,
      segmentBytes: random.pick([1, 500, 1_000_000]),
      compactionGraceMs: random.pick([0, 1_000, 100_000]),
      readAheadBytes: random.pick([1, 300, 1_000_000]),
    };
    const open = (readOnly = false): Promise<S3Log> => this.#open({ ...options, readOnly });
    return { process, client, open };
  }

  async #live(): Promise<void> {
    const { world, random, weather } = this;
    weather.trouble = random.pick([0, 0.02, 0.1, 0.3]);
    const writers = Array.from({ length: random.integer(1, 5) }, () => new SimWriter(this));
    const followers = Array.from(
      { length: random.pick([0, 0, 0, 1, 1, 3]) },
      () => new SimFollower(this),
    );
    const lives = Promise.all(writers.map((writer) => writer.live()));
    for (const follower of followers) void follower.live();
    await world.until(Promise.race([lives, world.sleep(MOST_LIVES_MS)]));
    for (const writer of writers) writer.end();
    weather.trouble = 0;
    await this.#checkOpening();
    for (const follower of followers) follower.hurry();
    for (let ms = 0; ms < CATCH_UP_MS && !followers.every((one) => one.hasCaughtUp); ms += 1_000) {
      await world.until(world.sleep(1_000));
    }
    for (const follower of followers) {
      follower.checkCaughtUp();
      follower.end();
    }
    await world.until(world.sleep(ALL_ARRIVED_MS));
    await this.#checkOpening();
  }

  /** An opener without rivals gets the log, and finds in it what is in it. */
  async #checkOpening(): Promise<void> {
    const { world, judge, history } = this;
    const { process, client, open } = this.spawn('last');
    const call = history.tick();
    const most = MOST_OPENER_REQUESTS + MOST_REQUESTS_AN_EPOCH * judge.idleEpochs;
    const log = await world.until(open());
    if (client.total > most) judge.find(`opening took ${client.total} requests, more than ${most}`);
    const ownership = history.opened(process.name, call, log.epoch, extentOf(log));
    await world.until(this.#checkContent(log));
    for (const [id, payload] of judge.content.records)
      history.sawRecord(history.tick(), id, payload);
    const payload = `${process.name} ${client.total}`;
    const change = { kind: 'append', firstId: log.nextId, payloads: [payload] } as const;
    const begun = history.begin(ownership, change);
    const { firstId } = await world.until(log.append(Buffer.from(payload)));
    history.end(begun, 'done');
    judge.acknowledged(firstId, payload);
    if (this.compacts && this.random.chance(0.5)) await world.until(this.#compact(log));
    await world.until(log.close());
  }

  /** Whether the owner of the log reads what is in it: all of it, and some by their ids. */
  async #checkContent(log: S3Log): Promise<void> {
    const { judge, random } = this;
    const { records, nextId } = judge.content;
    if (log.nextId !== nextId) judge.find(`nextId is ${log.nextId}, and must be ${nextId}`);
    const read = new Map<number, string>();
    for await (const { id, data } of log.iterator()) read.set(id, textOf(data));
    const isSame =
      read.size === records.size && [...records].every(([id, p]) => read.get(id) === p);
    if (!isSame) judge.find(`read ${[...read].join(' ')}, and must read ${[...records].join(' ')}`);
    const gets = [...records].filter(() => random.fraction() * records.size < MOST_GETS);
    for (const [id, payload] of gets) {
      const found = textOf((await log.get(id)).data);
      if (found !== payload) judge.find(`get(${id}) gives another record`);
    }
  }

  /** Compaction changes nothing of what is read, and a collection leaves nothing that nobody can name. */
  async #compact(log: S3Log): Promise<void> {
    await log.compact();
    await this.#checkContent(log);
    this.judge.collecting();
    await log.collect();
    this.judge.collected();
    await this.#checkContent(log);
  }
}

function textOf(data: Uint8Array): string {
  return Buffer.from(data).toString('latin1');
}
