import { isLogError } from '@wal/core';
import type { S3Log } from '@wal/s3log';
import type { Moment } from './history.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimRun } from './sim-run.ts';
import { extentOf, getAtRandom } from './sim-writer.ts';

/** What a reader may be told while the log changes under it. */
const ALLOWED = [
  'ERR_LOG_TRIMMED',
  'ERR_LOG_TRUNCATED',
  'ERR_LOG_FAILED',
  'ERR_LOG_READ_ONLY',
  'ERR_LOG_NOT_FOUND',
] as const;

/** A process that opens the log beside its writers and follows it, whatever happens to it. */
export class SimFollower {
  readonly #run: SimRun;
  readonly #process: SimProcess;
  readonly #open: (readOnly: boolean) => Promise<S3Log>;
  /** What it was given, since it began anew. */
  #lastId: number | undefined;
  #lastPayload = '';
  readonly #hurry = new AbortController();

  constructor(run: SimRun) {
    this.#run = run;
    const { process, open } = run.spawn('f');
    this.#process = process;
    this.#open = open;
  }

  end(): void {
    this.#process.kill();
  }

  /** It stops no more by itself, and ends what it waits for. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Whether it has been given the last record of the log. */
  get hasCaughtUp(): boolean {
    const { records, nextId } = this.#run.judge.content;
    const isLast = this.#lastId === nextId - 1 && this.#lastPayload === records.get(nextId - 1);
    return records.size === 0 || isLast;
  }

  checkCaughtUp(): void {
    const { judge } = this.#run;
    if (this.hasCaughtUp) return;
    const at = `${this.#lastId}, ${this.#lastPayload}`;
    judge.find(`the follower is at ${at}, and the log at ${judge.content.nextId}`);
  }

  async live(): Promise<void> {
    const { judge, history } = this.#run;
    while (!this.#process.isKilled) {
      try {
        const [since, call] = [judge.moment, history.tick()];
        const log = await this.#open(true);
        const extent = extentOf(log);
        judge.reached(extent.firstId, extent.nextId, since);
        history.sawExtent(call, extent);
        await this.#follow(log, call);
      } catch (error) {
        if (!ALLOWED.some((code) => isLogError(error, code))) {
          judge.find((error as Error).stack ?? String(error));
          return;
        }
      }
      await this.#process.sleep(1_000);
    }
  }

  /** Reads of the same handle, at once with what follows. */
  async #readBeside(log: S3Log, call: Moment): Promise<void> {
    const { judge, random } = this.#run;
    for (let reads = random.integer(1, 20); reads > 0 && !this.#process.isKilled; reads--) {
      await this.#process.sleep(random.fraction() * random.pick([100, 10_000]), this.#hurry.signal);
      try {
        if (random.chance(0.3)) await log.collect();
        else await getAtRandom(log, this.#run, call);
      } catch (error) {
        if (ALLOWED.some((code) => isLogError(error, code))) continue;
        judge.find((error as Error).stack ?? String(error));
        return;
      }
    }
  }

  async #follow(log: S3Log, call: Moment): Promise<void> {
    const { judge, random } = this.#run;
    this.#lastId = undefined;
    if (random.chance(0.3)) await getAtRandom(log, this.#run, call);
    if (random.chance(0.3)) void this.#readBeside(log, call);
    for await (const record of log.iterator({ follow: true })) {
      const { id } = record;
      const payload = this.#run.saw(record, call);
      if (this.#lastId !== undefined) {
        judge.deliveredBehind(id, payload, `${this.#lastId}=${this.#lastPayload}`);
      }
      this.#lastId = id;
      this.#lastPayload = payload;
      if (random.chance(0.1)) await getAtRandom(log, this.#run, call);
      // One that is slow, or stops for long: the log has gone on without it.
      if (random.chance(0.1)) {
        const ms = random.fraction() * random.pick([100, 200_000]);
        await this.#process.sleep(ms, this.#hurry.signal);
      }
    }
  }
}
