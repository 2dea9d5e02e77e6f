import { BARE_WAYS } from '../contenders/bare-file.ts';
import { bareGroupCommit } from '../contenders/bare-group-commit.ts';
import { bareLoop } from '../contenders/bare-loop.ts';
import { fslog } from '../contenders/fslog.ts';
import { peerWriters } from '../contenders/peers.ts';
import type { Contender } from '../contenders/store.ts';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { printRates } from '../result/table.ts';
import { measureAgainstCeiling } from './ceiling.ts';

const CALLERS: readonly number[] = [1, 4, 16, 64, 256, 1024];

const FEW_CALLERS: ReadonlySet<number> = new Set([1, 64, 1024]);

/** Durable appends of one record each, by so many callers at once. */
export const append: Measurement = {
  name: 'append',
  title: 'durable appends by 1 to 1,024 callers, against the bare machine and the peers',
  async run(settings): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const callers of settings.quick ? [1, 64] : CALLERS) {
      figures.push(...(await appendsBy(callers, settings)));
    }
    return figures;
  },
};

export function appendLoadName(callers: number): string {
  return `${callers.toLocaleString('en-US')} at once`;
}

/** What blocks gains nothing by callers at once, and what is not durable is no rival: a few loads show it. */
function isMeasured({ durable, blocksTheLoop }: Contender, callers: number): boolean {
  if (blocksTheLoop === true) return callers === 1;
  return durable === 'synced' || FEW_CALLERS.has(callers);
}

async function appendsBy(callers: number, settings: Settings): Promise<readonly Figure[]> {
  const load = { callers, batchRecords: 1, recordBytes: 256, durationMs: settings.roundMs };
  const ceiling = { ways: BARE_WAYS, contenderOf: callers === 1 ? bareLoop : bareGroupCommit };
  const peers = settings.withPeers ? peerWriters() : [];
  const contenders = [fslog(), ...peers.filter((peer) => isMeasured(peer, callers))];
  const name = appendLoadName(callers);
  const rates = { measurement: 'append', name, load, contenders };
  const { figures, way } = await measureAgainstCeiling(rates, ceiling, settings);
  printRates(`append, ${name}; bare: ${way}`, figures);
  return figures;
}
