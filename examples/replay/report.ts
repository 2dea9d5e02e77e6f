import type { Pass, Replay } from './replay-file.ts';

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const decimal = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** What a replay found, in three lines. */
export function reportReplay(path: string, { appended, replayed }: Replay): string {
  return [
    `${path}: ${integer.format(appended.bytes)} bytes, identical after reopening`,
    `  append  ${describePass(appended)}`,
    `  replay  ${describePass(replayed)}`,
  ].join('\n');
}

function describePass({ records, bytes, seconds, segments }: Pass): string {
  return [
    `${integer.format(records)} ${plural(records, 'record')}`,
    `${integer.format(segments)} ${plural(segments, 'segment')}`,
    `${seconds.toFixed(3)} s`,
    `${integer.format(records / seconds)} records/s`,
    `${decimal.format(bytes / seconds / 1e6)} MB/s`,
  ].join(', ');
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`;
}

/** The most memory that this process has had so far. */
export function reportMemory(): string {
  // In kilobytes, on every system.
  const { maxRSS } = process.resourceUsage();
  return `peak memory ${integer.format((maxRSS * 1024) / 1e6)} MB`;
}
