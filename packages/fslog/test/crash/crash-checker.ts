import { type InFlight, SimDisk, type SimRandom, type SimStorage } from '@wal/conformance';
import type { FsLog } from '@wal/fslog';
import { appended, isSameState, type LogState, readState, showState } from './log-state.ts';
import { checkAllowed } from './oracle.ts';

/** Recovers from what power cuts leave, and judges what is found. */
export class CrashChecker {
  /** The log that is cut off, once it is open: what it shows must survive. */
  log: FsLog | undefined;
  /** How many states were recovered from. */
  states = 0;
  readonly #open: (disk: SimDisk) => Promise<FsLog>;
  readonly #random: SimRandom;

  constructor(open: (disk: SimDisk) => Promise<FsLog>, random: SimRandom) {
    this.#open = open;
    this.#random = random;
  }

  /** Of what is allowed, what remains so in view of what the log's readers can see already (READ-1). */
  visible(allowed: readonly LogState[]): readonly LogState[] {
    if (this.log === undefined) return allowed;
    const { firstId, lastId } = this.log;
    const from = allowed.findIndex((state) =>
      state.records.length === 0
        ? firstId === undefined
        : state.firstId === firstId && state.nextId - 1 === lastId,
    );
    // A log that lost its ownership or storage shows what it had; then all of it stays allowed.
    return from < 0 ? allowed : allowed.slice(from);
  }

  judge(state: LogState, allowed: readonly LogState[], what: string): void {
    try {
      checkAllowed(state, allowed);
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`);
    }
  }

  /** Cuts the power once, now, and opens what is left: at once, or after more cuts while it is opened. */
  async check(
    storage: SimStorage,
    inFlight: readonly InFlight[],
    allowed: readonly LogState[],
  ): Promise<void> {
    const random = this.#random;
    let left = storage.afterPowerLoss(random, inFlight);
    for (let depth = 0; depth < 2 && random.chance(0.3); depth++) {
      left = await this.#cutWhileOpening(left);
    }
    // A log that exists opens without any space; only a new one needs some.
    if (!left.files().has('/log/META')) left.capacityBytes = Number.POSITIVE_INFINITY;
    const disk = new SimDisk(left);
    const { log, state } = await this.#opened(disk);
    this.judge(state, allowed, 'recovered');
    if (random.chance(0.25)) await this.#goOn(disk, log, state);
    disk.kill();
  }

  /** Opens and reads. */
  async #opened(disk: SimDisk): Promise<{ log: FsLog; state: LogState }> {
    this.states++;
    const log = await this.#open(disk);
    return { log, state: await readState(log) };
  }

  /** What a power cut leaves while the log is being opened: at a random call, with that call in flight. */
  async #cutWhileOpening(storage: SimStorage): Promise<SimStorage> {
    this.states++;
    const random = this.#random;
    let callsLeft = random.integer(0, 45);
    let cut: () => void = () => undefined;
    const isCut = new Promise<void>((resolve) => {
      cut = resolve;
    });
    const gate = (): Promise<void> | undefined => {
      if (callsLeft-- > 0) return undefined;
      cut();
      return new Promise(() => undefined);
    };
    const disk = new SimDisk(storage, { gate });
    if (!storage.files().has('/log/META')) storage.capacityBytes = Number.POSITIVE_INFINITY;
    await Promise.race([isCut, this.#open(disk)]);
    const left = storage.afterPowerLoss(random, disk.inFlight);
    disk.kill();
    return left;
  }

  /** What was found once is found again (CRASH-2), and goes on from there. */
  async #goOn(disk: SimDisk, log: FsLog, state: LogState): Promise<void> {
    const random = this.#random;
    let expected = state;
    disk.storage.capacityBytes = Number.POSITIVE_INFINITY;
    if (random.chance(0.5)) {
      const record = Uint8Array.of(1, 2, 3, random.integer(0, 255));
      const { firstId } = await log.append(record);
      if (firstId !== state.nextId) throw new Error(`appended ${firstId}, not ${state.nextId}`);
      await log.sync();
      expected = appended(state, [record]);
    }
    if (random.chance(0.3)) {
      await log.close();
      if (disk.openFiles > 0) throw new Error(`${disk.openFiles} files open after close`);
    }
    const again = await this.#opened(
      new SimDisk(disk.storage.afterPowerLoss(random, disk.inFlight)),
    );
    if (!isSameState(again.state, expected)) {
      throw new Error(`found ${showState(expected)}\nthen ${showState(again.state)}`);
    }
  }
}
