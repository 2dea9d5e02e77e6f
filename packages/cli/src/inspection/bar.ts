import type { Style } from '../output/style.ts';
import { countOf } from '../progress/quantity.ts';
import type { LogPart, PartState } from './part.ts';

const BAR_COLUMNS = 24;
const STATES = ['trimmed', 'live', 'superseded'] as const satisfies readonly PartState[];
const BLOCKS: Readonly<Record<PartState, string>> = { live: '█', trimmed: '░', superseded: '▒' };

/** What the drawings mean, and how many ids each state has, where every part tells that. */
export function drawLegend(parts: readonly LogPart[], style: Style): string {
  const isCounted = parts.every(({ ids }) => ids !== undefined);
  const legends = (['live', 'trimmed', 'superseded'] as const).map((state) => {
    const count = parts.reduce((sum, { ids }) => sum + (ids?.[state] ?? 0), 0);
    const ids = isCounted ? `: ${countOf(count, 'id')}` : '';
    return `${paint(BLOCKS[state], state, style)} ${state}${ids}`;
  });
  return legends.join('   ');
}

/**
 * A part as a bar: as long as it has bytes, compared with the largest; of its ids those that are trimmed, live and
 * superseded, in their order. What there is at all has a column.
 */
export function drawBar(part: LogPart, largestBytes: number, style: Style): string {
  const { bytes, state, ids } = part;
  const columns = Math.max(1, Math.round((bytes / Math.max(1, largestBytes)) * BAR_COLUMNS));
  const counts = STATES.map((each) => ids?.[each] ?? 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return paint(BLOCKS[state].repeat(columns), state, style);
  return STATES.map((each, i) => {
    const count = counts[i] ?? 0;
    const width = count === 0 ? 0 : Math.max(1, Math.round((count / total) * columns));
    return paint(BLOCKS[each].repeat(width), each, style);
  }).join('');
}

function paint(text: string, state: PartState, style: Style): string {
  if (text === '') return '';
  if (state === 'live') return style.green(text);
  return state === 'trimmed' ? style.dim(text) : style.yellow(text);
}
