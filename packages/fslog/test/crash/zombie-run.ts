import {
  type Excuse,
  emptyState,
  finishSome,
  type LogState,
  Oracle,
  readState,
  type SimCall,
  SimDisk,
  SimRandom,
  SimScheduler,
  SimStorage,
  TrackedLog,
} from '@wal/conformance';
import { type Disk, isLogError } from '@wal/core';
import { type FsLog, openFsLog } from '@wal/fslog';
import { CrashChecker } from './crash-checker.ts';
import { optionsFingerprint } from './crash-run.ts';
import { restartRecords } from './numbered-records.ts';
import { Program } from './program.ts';
import {
  type PlannedOpener,
  type PlannedOwner,
  planTakeovers,
  type TakeoverPlan,
  type Waking,
} from './takeover-plan.ts';
import { breathe, VirtualTimers } from './virtual-timers.ts';

const DIRECTORY = '/log';

/** One owner of the log, stalled at some call of its disk until the run lets it go on. */
class Owner {
  readonly oracle: Oracle;
  /** What it found when it opened the log. */
  found: LogState | undefined;
  readonly disk: SimDisk;
  log: TrackedLog | undefined;
  program: Promise<void> = Promise.resolve();
  isStalled = false;
  isDead = false;
  /** The number of its lock. */
  #lock = 0;
  #killAt = Number.POSITIVE_INFINITY;
  #stallAt = Number.POSITIVE_INFINITY;
  #resume: () => void = () => undefined;
  #resumed: Promise<void> | undefined;

  readonly #random: SimRandom;

  /** `onCall` hears of each call that takes effect. */
  constructor(
    storage: SimStorage,
    scheduler: SimScheduler,
    oracle: Oracle,
    random: SimRandom,
    onCall: (call: SimCall) => void,
  ) {
    this.oracle = oracle;
    this.#random = random;
    this.disk = new SimDisk(storage, {
      stealsLock: true,
      gate: async (call) => {
        const { number } = call;
        if (number >= this.#killAt) await this.#kill();
        if (number >= this.#stallAt) await this.#stall();
        await scheduler.gate();
        if (call.kind === 'lock') this.#lock = this.#lastLock + 1;
        onCall(call);
      },
    });
  }

  /** Until somebody takes its lock, or an opener who had that before it wakes up and takes META, it must not fail. */
  readonly excuse = (): Excuse =>
    this.#lastLock === this.#lock && !this.#isFenced ? 'none' : 'takeover';

  get #isFenced(): boolean {
    const own = (this.log?.log as FsLog | undefined)?.epoch ?? Number.POSITIVE_INFINITY;
    const { names } = this.disk.storage.directory(`${DIRECTORY}/META`, 'scandir');
    return [...names.keys()].some((name) => {
      const epoch = Number.parseInt(name, 16);
      return !name.endsWith('.new') && (name.endsWith('.fenced') ? epoch >= own : epoch > own);
    });
  }

  get #lastLock(): number {
    return this.disk.storage.lastLocks.get(DIRECTORY)?.number ?? 0;
  }

  /** The process ends with its next call that has not been let through: what is in flight, the system may do or not. */
  killAfter(calls: number): void {
    this.#killAt = this.disk.calls + calls + 1;
  }

  /** Lets `calls` more calls take effect, then none. */
  stallAfter(calls: number): void {
    this.#stallAt = this.disk.calls + calls + 1;
  }

  resume(): void {
    this.#stallAt = Number.POSITIVE_INFINITY;
    this.isStalled = false;
    this.#resume();
  }

  #kill(): Promise<never> {
    if (!this.isDead) finishSome(this.disk.storage, this.disk.inFlight, this.#random);
    this.isDead = true;
    this.disk.kill();
    return new Promise(() => undefined);
  }

  #stall(): Promise<void> {
    this.isStalled = true;
    this.#resumed ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
    return this.#resumed;
  }
}

/** What stands between every log and its disk, and in place of `openFsLog`: planted bugs. */
export interface ZombieRunOptions {
  readonly wrap?: (disk: Disk) => Disk;
  readonly openLog?: typeof openFsLog;
}

/**
 * One seeded run in which each owner of a log loses it to the next while it is stalled, and goes on later,
 * beside the others: OPEN-2. Power cuts are tried all the time.
 */
export class ZombieRun {
  readonly plan: TakeoverPlan;
  /** What all owners have asked of the disk, in the order in which it was done. */
  readonly calls: string[] = [];
  readonly #seed: number;
  readonly #options: ZombieRunOptions;
  readonly #random: SimRandom;
  readonly #timers = new VirtualTimers();
  readonly #storage = new SimStorage();
  readonly #scheduler: SimScheduler;
  readonly #checker: CrashChecker;
  readonly #owners: Owner[] = [];
  /** Those that were to be overtaken while they opened it. */
  readonly #openers: Owner[] = [];
  /** Who is opening the log just now. */
  #newcomer: Owner | undefined;
  readonly #history: string[] = [];
  #failure: unknown;

  /** `plan` is what is tried instead of what follows from the seed, to find out what a failure takes. */
  constructor(
    seed: number,
    options: ZombieRunOptions = {},
    plan: TakeoverPlan = planTakeovers(seed),
  ) {
    this.plan = plan;
    this.#seed = seed;
    this.#options = options;
    this.#random = new SimRandom(seed);
    const open = (disk: SimDisk): Promise<FsLog> => this.#open(disk);
    const kind = optionsFingerprint(plan.options.durability, plan.options.preallocate);
    this.#checker = new CrashChecker(open, new SimRandom(plan.cutSeed), kind);
    this.#scheduler = new SimScheduler(new SimRandom(plan.orderSeed), () => this.#step());
  }

  /** @returns how many crash states were recovered from. */
  async run(): Promise<number> {
    this.#timers.install();
    restartRecords();
    try {
      const { owners } = this.plan;
      let state = emptyState(1);
      for (const owner of owners)
        state = await this.#takeOver(state, owner, owner === owners.at(-1));
      await this.#finish();
      return this.#checker.states;
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const histories = this.#owners.map(
        ({ oracle }, i) => `--- owner ${i}\n${oracle.history.join('\n')}`,
      );
      throw new Error(
        `CRASH_SEED=${this.#seed} zombie\n${text}\n${this.#history.join('\n')}\n${histories.join('\n')}`,
        { cause: error },
      );
    } finally {
      this.#scheduler.stop();
      this.#timers.uninstall();
      await breathe();
    }
  }

  async #open(disk: SimDisk): Promise<FsLog> {
    const { wrap, openLog = openFsLog } = this.#options;
    const { options } = this.plan;
    return await openLog(DIRECTORY, { ...options, disk: wrap?.(disk) ?? disk, segmentBytes: 4096 });
  }

  #newOwner(base: LogState): Owner {
    const random = new SimRandom(this.#random.seed());
    const oracle = new Oracle(base, this.plan.options.durability === 'sync');
    const onCall = ({ kind, path }: SimCall): void => void this.calls.push(`${kind} ${path}`);
    return new Owner(this.#storage, this.#scheduler, oracle, random, onCall);
  }

  /** Somebody begins to open the log, and is killed or stalls. */
  async #tryToOpen({ calls, wakes }: PlannedOpener, base: LogState): Promise<void> {
    const opener = this.#newOwner(base);
    if (wakes === 'never') opener.killAfter(calls);
    else opener.stallAfter(calls);
    this.#openers.push(opener);
    let isOver = false;
    const opened = this.#open(opener.disk)
      .then(async (log) => {
        try {
          const state = await readState(log);
          await log.sync(); // An owner that was stalled shows what there was when it was one.
          this.#checker.judge(state, this.#allowed(), 'opened late');
        } finally {
          await log.close();
        }
      })
      .catch((error: unknown) => {
        const isExpected =
          isLogError(error, 'ERR_LOG_LOCKED') || isLogError(error, 'ERR_LOG_FENCED');
        if (!isExpected) this.#failure ??= error;
      })
      .finally(() => {
        isOver = true;
      });
    if (wakes !== 'never') opener.program = opened;
    while (!isOver && !opener.isStalled && !opener.isDead) await this.#turn();
    if (typeof wakes === 'number') this.#wakeSoon(opener, { calls: wakes, hearsOfLock: false });
  }

  /** What the log may hold, as its last owner has left it. */
  #allowed(): readonly LogState[] {
    return this.#owners.at(-1)?.oracle.allowed() ?? [emptyState(1)];
  }

  /** The next owner takes the log, and uses it until it is done, or stalled. */
  async #takeOver(base: LogState, planned: PlannedOwner, isLast: boolean): Promise<LogState> {
    const { openers, wakes, life, stallsAfter, closes } = planned;
    const before = this.#owners.at(-1);
    for (const opener of openers) await this.#tryToOpen(opener, base);
    if (before !== undefined && wakes !== undefined) this.#wakeSoon(before, wakes);
    const { owner, log } = await this.#openAtLast(base);
    const state = await readState(log);
    this.#owners.push(owner);
    this.#newcomer = undefined;
    owner.found = state;
    owner.oracle.rebase(state);
    if (!isLast) owner.stallAfter(stallsAfter);
    const pause = (calls: number): Promise<void> => this.#scheduler.pause(calls);
    const tracked = new TrackedLog(log, owner.oracle, owner.excuse);
    owner.log = tracked;
    const program = new Program(tracked, life, this.#timers, pause);
    let isDone = false;
    owner.program = program
      .run(() => false)
      .then(async () => {
        if (closes) await this.#close(owner);
      })
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        isDone = true;
      });
    while (!isDone && !owner.isStalled) await this.#turn();
    this.#history.push(`owner ${this.#owners.length - 1} ${isDone ? 'is done' : 'is stalled'}`);
    return state;
  }

  /** An opener that wakes up may be quicker, with each of its steps: then the log is opened again. */
  async #openAtLast(base: LogState): Promise<{ owner: Owner; log: FsLog }> {
    for (let attempt = 0; ; attempt++) {
      const owner = this.#newOwner(base);
      this.#newcomer = owner;
      try {
        return { owner, log: await this.#open(owner.disk) };
      } catch (error) {
        const isExpected =
          isLogError(error, 'ERR_LOG_LOCKED') && attempt < 4 * this.#openers.length;
        if (!isExpected) throw error;
      }
    }
  }

  async #close(owner: Owner): Promise<void> {
    await owner.log?.log.close().catch((error: unknown) => {
      if (owner.log?.isExcused(error) !== true) throw error;
      owner.oracle.history.push(String(error));
    });
  }

  #wakeSoon(owner: Owner, { calls, hearsOfLock }: Waking): void {
    void (async () => {
      await this.#scheduler.pause(calls);
      this.#history.push('resumed');
      owner.resume();
      if (hearsOfLock) owner.disk.noticeLostLocks();
    })();
  }

  /** Lets one more call take effect: the run goes on in step with those alone, however long the checks take. */
  async #turn(): Promise<void> {
    await this.#scheduler.pause(1);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** All go on and come to an end; then each owner must have lost nothing that it acknowledged. */
  async #finish(): Promise<void> {
    for (const owner of [...this.#openers, ...this.#owners]) {
      if (owner.isStalled) this.#history.push('resumed at the end');
      owner.resume();
      owner.disk.noticeLostLocks();
    }
    const programs = [...this.#openers, ...this.#owners].map(({ program }) => program);
    await this.#settled(Promise.all(programs));
    const last = this.#owners.at(-1) as Owner;
    const allowed = last.oracle.allowed();
    this.#timers.fire();
    for (const owner of this.#owners) await this.#settled(this.#close(owner));
    for (const { disk, isDead } of this.#openers) {
      if (!isDead && disk.openFiles > 0) throw new Error(`an opener: ${disk.openFiles} files open`);
    }
    for (const [i, owner] of this.#owners.entries()) {
      const next = this.#owners[i + 1]?.found;
      if (next !== undefined) {
        this.#checker.judge(next, owner.oracle.allowed(), `owner ${i + 1} took over`);
      }
      if (owner.disk.openFiles > 0)
        throw new Error(`owner ${i}: ${owner.disk.openFiles} files open`);
    }
    const reopened = await readState(
      await this.#open(new SimDisk(this.#storage, { stealsLock: true })),
    );
    this.#checker.judge(reopened, allowed, 'reopened');
  }

  /** Awaits what must come to an end by itself. */
  async #settled(promise: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = promise.finally(() => {
      isDone = true;
    });
    for (let i = 0; i < 20_000 && !isDone; i++) await this.#turn();
    if (!isDone) throw new Error('an operation never ends');
    await done;
  }

  get #all(): readonly Owner[] {
    const newcomer = this.#newcomer === undefined ? [] : [this.#newcomer];
    return [...this.#openers, ...this.#owners, ...newcomer].filter(({ isDead }) => !isDead);
  }

  async #step(): Promise<void> {
    if (this.#failure !== undefined) return;
    const saved = this.#timers.save();
    try {
      const allowed = this.#allowed();
      const inFlight = this.#all.flatMap(({ disk }) => disk.inFlight);
      await this.#checker.check(this.#storage, inFlight, allowed);
    } catch (error) {
      this.#failure ??= error;
    } finally {
      this.#timers.restore(saved);
    }
  }
}
