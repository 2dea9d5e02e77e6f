import type { SystemCall, WorkloadLine } from '../support/workload-orders.ts';

/** Where writers were killed, how long it took, and how long the openings behind them did. */
export class KillTally {
  kills = 0;
  readonly reopenings: number[] = [];
  readonly #started = performance.now();
  readonly #counts = new Map<string, Record<string, number>>();

  /** Notes a kill: at which call to the system, or without one at whatever moment. */
  killed(at: SystemCall | undefined, lines: readonly WorkloadLine[]): void {
    this.kills++;
    const { name, file, during } = at ?? {
      name: 'random',
      file: 'moment',
      during: wasDoing(lines),
    };
    const row = this.#counts.get(`${name} ${file}`) ?? {};
    row[during] = (row[during] ?? 0) + 1;
    this.#counts.set(`${name} ${file}`, row);
  }

  /** Notes the openings that a writer said it made, of a log that another had left. */
  reopened(lines: readonly WorkloadLine[]): void {
    for (const line of lines) if (line.say === 'opened') this.reopenings.push(line.ms);
  }

  print(what: string): void {
    const rows = [...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1));
    console.table(Object.fromEntries(rows));
    const seconds = (performance.now() - this.#started) / 1000;
    const openings = this.reopenings.toSorted((a, b) => a - b);
    const [median = 0, longest = 0] = [openings[openings.length >> 1], openings.at(-1)];
    console.info(
      `${what}: ${this.kills} kills in ${seconds.toFixed(1)} s; ${openings.length} openings, ` +
        `median ${median.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
    );
  }
}

function wasDoing(lines: readonly WorkloadLine[]): string {
  if (!lines.some(({ say }) => say === 'opened')) return 'open';
  const ended = new Set(lines.flatMap((line) => (line.say === 'end' ? line.number : [])));
  const begun = lines.find((line) => line.say === 'begin' && !ended.has(line.number));
  return begun?.say === 'begin' ? begun.call.call : 'nothing';
}
