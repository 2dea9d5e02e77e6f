import {
  appendRequests,
  compactionRequests,
  followerRequests,
  GIB,
  pacedRequests,
  type Requests,
  replayRequests,
  segmentReplayRequests,
} from './requests.ts';

/** What a store charges, in dollars. */
export interface Prices {
  readonly perPutOrList: number;
  readonly perGet: number;
  readonly perGibMonth: number;
}

/** S3 Standard, us-east-1, November 2026, the first 50 TB. */
export const S3_STANDARD: Prices = {
  perPutOrList: 0.005 / 1000,
  perGet: 0.0004 / 1000,
  perGibMonth: 0.023,
};

const MONTH_SECONDS = 30 * 24 * 3600;
/** A usual time of a put to S3 from the same region. */
const PUT_MS = 40;
const CHUNKS: readonly (readonly [string, number])[] = [
  ['4 KiB', 4 * 1024],
  ['64 KiB', 64 * 1024],
  ['1 MiB', 1024 ** 2],
  ['4 MiB', 4 * 1024 ** 2],
];
const LINGERS_MS = [1, 5, 20, 40];

function costOf({ puts, lists, gets }: Requests, prices: Prices): number {
  return (puts + lists) * prices.perPutOrList + gets * prices.perGet;
}

/** Dollars for a GiB, by the size of chunks, as a table in Markdown. */
export function chunkTable(prices: Prices): string {
  const rows = CHUNKS.map(([title, bytes]) => [
    title,
    (GIB / bytes).toLocaleString('en-US'),
    dollars(costOf(appendRequests(GIB, bytes), prices)),
    dollars(costOf(replayRequests(GIB, bytes), prices)),
    dollars(costOf(compactionRequests(GIB, bytes), prices)),
  ]);
  return table(['chunks of', 'in a GiB', 'append', 'replay', 'compact'], rows);
}

/** Dollars for a month of what goes on all the time, as a table in Markdown. */
export function monthTable(prices: Prices): string {
  const paced = LINGERS_MS.map((lingerMs) => {
    const pace = { lingerMs, putMs: PUT_MS, maxInFlight: 16 };
    const perSecond = pacedRequests(1, pace).puts;
    const cost = costOf(pacedRequests(MONTH_SECONDS, pace), prices);
    const what = `appends without a pause, \`lingerMs\` ${lingerMs}`;
    return [what, `${perSecond} PUT/s`, dollars(cost)];
  });
  const one = costOf({ puts: MONTH_SECONDS, lists: 0, gets: 0 }, prices);
  const follower = costOf(followerRequests(MONTH_SECONDS), prices);
  return table(
    ['', 'requests', 'a month'],
    [
      ...paced,
      ['an append a second', '1 PUT/s', dollars(one)],
      ['an idle follower', '1.33 GET/s, 0.1 LIST/s', dollars(follower)],
      ['a GiB stored', '', dollars(prices.perGibMonth)],
    ],
  );
}

/** Dollars for reading a GiB that is in segments. */
export function segmentReplayCost(prices: Prices): string {
  return dollars(costOf(segmentReplayRequests(GIB), prices));
}

/** Dollars from ten on, cents from one on, and below that two digits that count. */
function dollars(amount: number): string {
  const small = Math.max(2, 1 - Math.floor(Math.log10(amount)));
  const digits = amount >= 10 ? 0 : small;
  const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `$${amount.toLocaleString('en-US', fixed)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) =>
    Math.max(...[head, ...rows].map((row) => row[i]?.length ?? title.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) =>
    i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}
