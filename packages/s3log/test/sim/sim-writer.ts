import { isLogError, type LogErrorCode } from '@wal/core';
import type { S3Log } from '@wal/s3log';
import type { Extent, Moment, Ownership } from './history.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimRun } from './sim-run.ts';

/** What a writer may be told when it has lost the log, or the store. */
const ENDS: readonly LogErrorCode[] = [
  'ERR_LOG_FENCED',
  'ERR_LOG_FAILED',
  'ERR_LOG_OUTCOME_UNKNOWN',
];

/** More appends than are ever in flight at once. */
const BURST = 8;

/** Longer than every time limit of every step of a life, one after the other. */
const MOST_LIFE_MS = 400_000;

/** A process that opens the log for writing, uses it, and ends in one way or another; and does so again. */
export class SimWriter {
  readonly #run: SimRun;
  #process: SimProcess | undefined;
  /** Of the log that it has open. */
  #ownership: Ownership | undefined;
  #appends = 0;
  /** Opens the log often, appends little and changes much. */
  readonly #isRestless: boolean;

  constructor(run: SimRun) {
    this.#run = run;
    this.#isRestless = run.random.chance(0.4);
  }

  /** Kills whatever is left of it. */
  end(): void {
    this.#process?.kill();
  }

  async live(): Promise<void> {
    const { random, world } = this.#run;
    await world.sleep(random.fraction() * random.pick([1, 1_000, 100_000]));
    for (let lives = random.integer(1, this.#isRestless ? 8 : 4); lives > 0; lives--) {
      await this.#liveOnce();
      await world.sleep(random.fraction() * random.pick([1, 1_000, 30_000]));
    }
  }

  /** One process. Killed, it never comes back from what it waits for: so its end is waited for beside it. */
  async #liveOnce(): Promise<void> {
    const { random, world, judge } = this.#run;
    const { process, client, open } = this.#run.spawn('w');
    this.#process = process;
    if (random.chance(0.5)) client.killAfter = random.integer(1, 40);
    if (random.chance(0.3)) {
      client.suspendAfter = random.integer(1, random.pick([4, 40]));
      client.suspendForMs = random.fraction() * random.pick([1_000, 30_000, 200_000]);
    }
    const life = this.#useLog(process, open).catch((error: unknown) => {
      if (!ENDS.some((code) => isLogError(error, code))) judge.find((error as Error).stack ?? '');
    });
    const isOver = life.then(() => true);
    const isLate = world.sleep(MOST_LIFE_MS).then(() => false);
    const ended = await Promise.race([isOver, process.killed.then(() => true), isLate]);
    // One that was suspended may go on later, as a process that nobody expects any more.
    if (!ended && !process.wasSuspended) judge.find(`${process.name} hangs`);
  }

  async #useLog(process: SimProcess, open: () => Promise<S3Log>): Promise<void> {
    const { random, judge, history } = this.#run;
    const [since, call] = [judge.moment, history.tick()];
    const log = await open();
    const extent = extentOf(log);
    judge.reached(extent.firstId, extent.nextId, since);
    this.#ownership = history.opened(process.name, call, log.epoch, extent);
    const pending: Promise<unknown>[] = [];
    for (let steps = random.integer(0, this.#isRestless ? 4 : 14); steps > 0; steps--) {
      pending.push(this.#step(process, log));
      // As much in flight as there may be: an opener has to look back so far for a hole.
      for (let burst = random.chance(0.1) ? BURST : 0; burst > 0; burst--) {
        pending.push(this.#append(process, log, 1));
      }
      if (random.chance(0.5)) await Promise.all(pending.splice(0));
      if (random.chance(0.2)) await process.sleep(random.fraction() * 200);
      if (random.chance(0.04)) process.suspend(random.fraction() * random.pick([100, 200_000]));
    }
    await Promise.all(pending);
    if (random.chance(0.5)) await log.close();
  }

  async #step(process: SimProcess, log: S3Log): Promise<void> {
    const { random, compacts } = this.#run;
    const kind = random.integer(this.#isRestless ? 9 : 0, compacts ? 23 : 19);
    if (kind < 12) return await this.#append(process, log, random.integer(1, 3));
    if (kind < 14) return await this.#change(process, log, 'truncate');
    if (kind < 16) return await this.#change(process, log, 'trim');
    if (kind < 18) return await this.#read(log);
    if (kind < 20) return await this.#allowed(log.collect());
    await this.#allowed(log.compact());
  }

  async #append(process: SimProcess, log: S3Log, count: number): Promise<void> {
    const { judge, history } = this.#run;
    const payloads = Array.from({ length: count }, () => `${process.name}.${++this.#appends}`);
    const change = { kind: 'append', firstId: log.nextId, payloads } as const;
    const begun = history.begin(this.#ownership as Ownership, change);
    try {
      const { firstId } = await log.append(payloads.map((payload) => Buffer.from(payload)));
      history.end(begun, firstId === change.firstId ? 'done' : 'void');
      for (const [i, payload] of payloads.entries()) judge.acknowledged(firstId + i, payload);
    } catch (error) {
      history.end(begun, isLogError(error, 'ERR_LOG_OUTCOME_UNKNOWN') ? 'unknown' : 'void');
      if (!isLogError(error, 'ERR_LOG_OUTCOME_UNKNOWN')) for (const p of payloads) judge.refused(p);
      if (!ENDS.some((code) => isLogError(error, code))) throw error;
    }
  }

  async #change(process: SimProcess, log: S3Log, kind: 'truncate' | 'trim'): Promise<void> {
    const { random, judge, history } = this.#run;
    const id = Math.max(0, log.nextId - 1 + random.integer(-6, kind === 'trim' ? 1 : 0));
    const before = judge.changesBy(process.name, kind);
    const others = this.#changing++;
    const { nextId, firstId = nextId } = log;
    const changes = kind === 'trim' ? id >= firstId : nextId > Math.max(id + 1, firstId);
    const begun = history.begin(
      this.#ownership as Ownership,
      kind === 'trim' ? { kind, discardUpTo: id } : { kind, lastToKeep: id },
    );
    try {
      await log[kind](id);
      history.end(begun, 'done');
      const isDone = judge.changesBy(process.name, kind) > before;
      if (changes && others === 0 && !isDone)
        judge.find(`a ${kind} of ${process.name} is not done`);
    } catch (error) {
      history.end(begun, isLogError(error, 'ERR_LOG_FENCED') ? 'void' : 'unknown');
      const isVoid = isLogError(error, 'ERR_LOG_FENCED') && others === 0;
      if (isVoid && judge.changesBy(process.name, kind) > before) {
        judge.find(`a ${kind} of ${process.name} is refused, and done`);
      }
      if (!ENDS.some((code) => isLogError(error, code))) throw error;
    } finally {
      this.#changing--;
    }
  }

  /** Changes under way: of several at once it is not known which is which. */
  #changing = 0;

  /** An owner reads its own log, or finds that it is another's by now. */
  async #read(log: S3Log): Promise<void> {
    const { random } = this.#run;
    // One that is not the owner any more reads what was there while it was.
    const { call } = this.#ownership as Ownership;
    const read = async (): Promise<void> => {
      for await (const record of log.iterator()) this.#run.saw(record, call);
    };
    if (random.chance(0.3)) await this.#allowed(read());
    for (let gets = random.integer(1, 4); gets > 0; gets--) {
      await this.#allowed(getAtRandom(log, this.#run, call));
    }
  }

  async #allowed(call: Promise<unknown>): Promise<void> {
    const codes = [...ENDS, 'ERR_LOG_TRIMMED', 'ERR_LOG_TRUNCATED', 'ERR_LOG_NOT_FOUND'] as const;
    await call.catch((error: unknown) => {
      if (!codes.some((code) => isLogError(error, code))) throw error;
    });
  }
}

/** Reads one record of those that a log says it has. */
export async function getAtRandom(log: S3Log, run: SimRun, call: Moment): Promise<void> {
  const { firstId, lastId } = log;
  if (firstId === undefined || lastId === undefined) return;
  run.saw(await log.get(run.random.integer(firstId, lastId)), call);
}

/** How far a log says that it reaches. */
export function extentOf({ firstId, nextId }: S3Log): Extent {
  return { firstId: firstId ?? nextId, nextId };
}
