/** What exploring a kind came to. */
export interface Tally {
  readonly name: string;
  readonly runs: number;
  /** States that a power cut left, and that were judged. */
  readonly tried: number;
  /** Those that differ in what is on the disk or in the log's options. */
  readonly distinct: number;
  /** Those that differ in these or in what may be found. */
  readonly judged: number;
  readonly cpuMs: number;
}

/** One line: how much, and how fast. */
export function showTally({ name, runs, tried, distinct, judged, cpuMs }: Tally): string {
  const perMinute = Math.round((distinct / Math.max(cpuMs, 1)) * 60_000);
  return (
    `${shown(distinct)} distinct crash states (${shown(judged)} with what may be found, ${shown(tried)} tried, ` +
    `${shown(runs)} runs), ${shown(perMinute)}/min/core: ${name}`
  );
}

function shown(count: number): string {
  return count.toLocaleString('en').padStart(9);
}
