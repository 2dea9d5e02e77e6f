import type { Figure } from './result/figure.ts';

/** What a measurement is told. */
export interface Settings {
  /** The folder that it may write to. It is removed afterwards. */
  readonly folder: string;
  readonly rounds: number;
  /** How long one round of one contender lasts. */
  readonly roundMs: number;
  /** Small sizes and few rounds, to see that it runs: what it measures means little. */
  readonly quick: boolean;
  /** Whether the peers are measured too. */
  readonly withPeers: boolean;
  /** How much may be written to the disk. */
  readonly freeBytes: number;
}

/** One of what `npm run bench -- NAME` takes. It runs in a process of its own. */
export interface Measurement {
  readonly name: string;
  /** In a few words, for `--help`. */
  readonly title: string;
  /** For Node, beyond what the benchmark itself was started with. */
  readonly nodeOptions?: readonly string[];
  /** Why it cannot be measured here; `undefined`: it can. */
  whyNot?(): string | undefined;
  run(settings: Settings): Promise<readonly Figure[]>;
}
