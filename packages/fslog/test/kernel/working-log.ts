import { openFsLog } from '@wal/fslog';
import { dataOf } from '../support/workload.ts';
import { lookInto } from './look-into.ts';
import { PossibleLogs } from './possible-logs.ts';
import { Victim } from './victim.ts';
import type { Outcome, VictimCall } from './victim-calls.ts';

/** A log in a directory that victims work on, one after the other, and what it may hold by what they said. */
export class WorkingLog {
  readonly directory: string;
  readonly possible: PossibleLogs = new PossibleLogs();
  #victim: Victim | undefined;
  #followed = 0;
  #seed = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  get victim(): Victim {
    if (this.#victim === undefined) throw new Error('nobody works on it');
    return this.#victim;
  }

  /** Starts the next victim. It has opened nothing yet. */
  async start(): Promise<Victim> {
    this.#victim = await Victim.start();
    this.#followed = 0;
    return this.#victim;
  }

  async open(rest: Omit<VictimCall & { call: 'open' }, 'call' | 'directory'> = {}) {
    return (await this.run({ call: 'open', directory: this.directory, ...rest }))[0] as Outcome;
  }

  /** Lets calls be made at once; afterwards what is possible takes them into account. */
  async run(...calls: readonly VictimCall[]): Promise<Outcome[]> {
    const outcomes = await this.victim.run(...calls);
    this.#follow();
    return outcomes;
  }

  /** Appends one batch of records of these sizes. */
  async append(...sizes: readonly number[]): Promise<Outcome> {
    return (await this.run({ call: 'append', seed: ++this.#seed, sizes }))[0] as Outcome;
  }

  /** Appends batches of one record at once. */
  async appendAtOnce(...sizes: readonly number[]): Promise<Outcome[]> {
    const calls = sizes.map((size) => {
      return { call: 'append', seed: ++this.#seed, sizes: [size] } as const;
    });
    return await this.run(...calls);
  }

  /** Kills the victim in the middle of an append of this size. */
  async killIn(size: number): Promise<void> {
    this.victim.send({ call: 'append', seed: ++this.#seed, sizes: [size] });
    await this.kill();
  }

  async kill(): Promise<void> {
    await this.victim.kill();
    this.#follow();
    this.#victim = undefined;
  }

  /** Lets the victim close the log and end by itself; throws unless that leaves nothing behind. */
  async end(): Promise<void> {
    const { victim } = this;
    victim.send({ call: 'close' });
    const how = await victim.end();
    this.#follow();
    this.#victim = undefined;
    if (how !== 'exited 0' || victim.complaints !== '' || victim.leftOpen?.length !== 0) {
      throw new Error(`${how}, ${victim.complaints}, left open: ${victim.leftOpen?.join()}`);
    }
  }

  /** Opens the log in this process, where nothing fails, reads it, and sees that it can be worked with. */
  async check(what: string): Promise<void> {
    for (const round of [1, 2]) {
      const log = await openFsLog(this.directory);
      try {
        this.possible.nextHandle();
        this.possible.found(await lookInto(log), `${what}, opening ${round}`);
        const call = { call: 'append', seed: ++this.#seed, sizes: [50] } as const;
        const value = await log.append(dataOf(call.seed, call.sizes));
        this.possible.follow([{ call, outcome: { number: 0, value } }]);
        this.possible.found(await lookInto(log), `${what}, appending ${round}`);
      } finally {
        await log.close();
      }
    }
  }

  #follow(): void {
    const steps = this.victim.steps.slice(this.#followed);
    this.#followed += steps.length;
    this.possible.follow(steps);
  }
}
