import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../support/workload.ts';
import { mountFile, unmount } from './commands.ts';
import { chooseStates } from './cut-states.ts';
import { FILE_SYSTEMS, type FileSystem, type FileSystemName } from './file-systems.ts';
import type { PlantedBug } from './planted-bug-disk.ts';
import { applyPieces } from './power-cut.ts';
import { type DeviceState, type Recording, record } from './recording.ts';
import { checkRecovery } from './recovered-state.ts';
import type { SparseImage } from './sparse-image.ts';
import { type PossibleStates, Violation } from './timeline.ts';

/** How many states to look at, and of what. */
export interface ExplorationTask {
  readonly fileSystem: FileSystemName;
  readonly states: number;
  readonly statesARecording: number;
  readonly seed: number;
  readonly bug: PlantedBug | undefined;
  /** A directory for the devices that convict, as images to mount. */
  readonly keep: string | undefined;
}

/** What was looked at, and found. */
export interface ExplorationReport {
  /** States of a device, all different within a recording. */
  states: number;
  /** Those that held anything of what was written since the last flush. */
  partial: number;
  /** Those where a block was torn. */
  torn: number;
  recordings: number;
  /** Recordings on a device that had lost power before. */
  afterPowerCut: number;
  calls: number;
  entries: number;
  flushes: number;
  violations: string[];
}

/** States are checked by so many at once. */
const LANES = 2;
/** A device that lost power so often is left for a new one. */
const MAX_GENERATIONS = 4;
const MAX_VIOLATIONS = 3;

/** Looks at states of devices until it has seen enough of them, or what it looks for. */
export class Exploration {
  readonly report: ExplorationReport = {
    states: 0,
    partial: 0,
    torn: 0,
    recordings: 0,
    afterPowerCut: 0,
    calls: 0,
    entries: 0,
    flushes: 0,
    violations: [],
  };
  readonly #task: ExplorationTask;
  readonly #directory: string;
  readonly #fileSystem: FileSystem;
  /** Two, so that the writers' calls do not depend on what reached the device. */
  readonly #randomCall: (below: number) => number;
  readonly #randomCut: (below: number) => number;

  constructor(directory: string, task: ExplorationTask) {
    this.#directory = directory;
    this.#task = task;
    this.#fileSystem = FILE_SYSTEMS[task.fileSystem];
    this.#randomCall = seededRandom(task.seed);
    this.#randomCut = seededRandom(task.seed + 1);
    for (let lane = 0; lane < LANES; lane++) {
      mkdirSync(join(directory, `mounted-${lane}`), { recursive: true });
    }
  }

  async run(): Promise<void> {
    const { states, bug } = this.#task;
    let before: DeviceState | undefined;
    let generation = 0;
    while (this.report.states < states && !this.#isOver) {
      const directory = join(this.#directory, 'recorded');
      let recording: Recording;
      try {
        recording = await record(directory, this.#fileSystem, before, this.#randomCall, bug);
      } catch (error) {
        this.#note(`recording ${this.report.recordings}`, error);
        continue;
      }
      this.#count(recording, before !== undefined);
      const last = await this.#checkStates(recording);
      generation = last === undefined || generation === MAX_GENERATIONS ? 0 : generation + 1;
      before = generation === 0 ? undefined : last;
    }
  }

  get #isOver(): boolean {
    return this.report.violations.length >= (this.#task.bug === undefined ? MAX_VIOLATIONS : 1);
  }

  #count({ entries, calls }: Recording, isAfterPowerCut: boolean): void {
    this.report.recordings++;
    if (isAfterPowerCut) this.report.afterPowerCut++;
    this.report.calls += calls;
    this.report.entries += entries.length;
    this.report.flushes += entries.filter(({ isFlush }) => isFlush).length;
  }

  #note(where: string, error: unknown): void {
    if (!(error instanceof Violation)) throw error;
    this.report.violations.push(`${where}: ${error.message}`);
  }

  /** Checks states of a recording, and gives one of them to go on from. */
  async #checkStates(recording: Recording): Promise<DeviceState | undefined> {
    const { entries, image, isMetadata, timeline } = recording;
    const { states, statesARecording } = this.#task;
    const count = Math.min(statesARecording, states - this.report.states);
    const chosen = chooseStates(recording, count, this.#randomCut);
    const goOnFrom = this.#randomCut(chosen.length);
    let next: DeviceState | undefined;
    let applied = recording.firstCut;
    const queue = chosen.entries();
    const work = async (_: unknown, lane: number): Promise<void> => {
      for (const [i, state] of queue) {
        if (this.#isOver) return;
        applyPieces(image, entries.slice(applied, Math.max(applied, state.durable)));
        applied = Math.max(applied, state.durable);
        const possible = timeline.possible(state.durable, state.entries);
        const left = image.copy();
        applyPieces(left, state.cut.pieces);
        if (i === goOnFrom) {
          next = { image: left.copy(), isMetadata, possible: possible.map(({ model }) => model) };
        }
        await this.#check(left, lane, possible).catch((error: unknown) => {
          const at = `recording ${this.report.recordings - 1}, entry ${state.entries}`;
          this.#note(`${at}, ${state.cut.description}`, error);
          this.#keep(left);
        });
        this.report.states++;
        if (state.cut.pieces.length > 0) this.report.partial++;
        if (state.cut.isTorn) this.report.torn++;
      }
    };
    await Promise.all(Array.from({ length: LANES }, work));
    return next;
  }

  async #check(left: SparseImage, lane: number, possible: PossibleStates): Promise<void> {
    const path = join(this.#directory, `device-${lane}`);
    const mountPoint = join(this.#directory, `mounted-${lane}`);
    left.save(path);
    await mountFile(path, mountPoint, this.#fileSystem.mountOptions).catch((error: unknown) => {
      throw new Violation(`does not mount: ${String(error)}`);
    });
    try {
      await checkRecovery(join(mountPoint, 'log'), possible);
    } finally {
      await unmount(mountPoint);
    }
  }

  #keep(left: SparseImage): void {
    const { keep, fileSystem, seed } = this.#task;
    if (keep === undefined) return;
    left.save(join(keep, `${fileSystem}-${seed}-${this.report.violations.length}.img`));
  }
}
