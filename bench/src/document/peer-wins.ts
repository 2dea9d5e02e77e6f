import type { Figure } from '../result/figure.ts';
import type { Result } from '../result/result.ts';
import { median, ratiosByRound } from '../runner/statistics.ts';
import { markdownTable } from './markdown-table.ts';

const OURS: ReadonlySet<string> = new Set(['fslog', 'fslog nextBatch']);
const NO_PEERS = /^(fslog|bare|memlog|core)/;

/** Every throughput at which a peer is ahead of ours, whatever the reason is. */
export function peerWins({ figures }: Result): string {
  const rates = figures.filter(({ metric }) => metric === 'throughput');
  const rows = rates.flatMap((theirs) => {
    if (NO_PEERS.test(theirs.contender)) return [];
    const ours = rates.find((one) => isSameLoad(one, theirs) && OURS.has(one.contender));
    if (ours === undefined) return [];
    const ratio = median(ratiosByRound(theirs.rounds, ours.rounds));
    if (ratio <= 1) return [];
    return [[`${theirs.measurement}, ${theirs.load}`, theirs.contender, `${ratio.toFixed(2)} ×`]];
  });
  if (rows.length === 0) return 'In this run nowhere.';
  return markdownTable([['', 'ahead of ours', 'by'], ...rows]);
}

function isSameLoad(one: Figure, other: Figure): boolean {
  return one.measurement === other.measurement && one.load === other.load;
}
