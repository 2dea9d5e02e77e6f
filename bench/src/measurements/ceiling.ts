import { type BareWay, wayName } from '../contenders/bare-file.ts';
import type { Contender } from '../contenders/store.ts';
import type { Settings } from '../measurement.ts';
import { type Figure, findFigure } from '../result/figure.ts';
import { interleave } from '../runner/interleave.ts';
import { median } from '../runner/statistics.ts';
import { type AppendRates, appendCell, measureAppends } from './append-rates.ts';

const SHORT_ROUNDS = 3;
const SHORT_ROUND_MS = 200;
const CEILING = 'bare';
/** The fastest that grows its file, as whatever goes on writing has to. */
const GROWING = 'bare, growing its file';
const AHEAD = 'bare, over zeros';

/** The bare machine at one load: the ways it may go, and what goes them. */
export interface Ceiling {
  readonly ways: readonly BareWay[];
  contenderOf(way: BareWay, name: string): Contender;
}

/**
 * The figures of a load, `bare` among them: the faster, by its median, of the fastest way that grows its file and the
 * fastest one over zeros that were there before. Where that is over zeros, the other one is shown as well.
 */
export async function measureAgainstCeiling(
  rates: AppendRates,
  ceiling: Ceiling,
  settings: Settings,
): Promise<{ readonly figures: readonly Figure[]; readonly way: string }> {
  const finalists = await chooseFinalists(rates, ceiling, settings);
  const [ours, ...others] = rates.contenders;
  const contenders = [...(ours === undefined ? [] : [ours]), ...finalists, ...others];
  const measured = await measureAppends({ ...rates, contenders }, settings);
  const rateOf = ({ name }: Contender): number =>
    median(findFigure(measured, rates.measurement, rates.name, name)?.rounds ?? [0]);
  const names = new Set(finalists.map(({ name }) => name));
  const way = finalists.reduce((best, one) => (rateOf(one) > rateOf(best) ? one : best)).name;
  const figures = measured.map((one) => {
    if (!names.has(one.contender)) return one;
    return {
      ...one,
      contender: one.contender === way ? CEILING : otherName(one.contender, ceiling),
    };
  });
  return { figures, way };
}

function otherName(name: string, { ways }: Ceiling): string {
  const isAhead = ways.some((way) => way.ahead && wayName(way) === name);
  return isAhead ? AHEAD : GROWING;
}

/** Of the ways that grow their file, and of those over zeros, the fastest in a few short rounds. */
async function chooseFinalists(
  { load }: AppendRates,
  { ways, contenderOf }: Ceiling,
  settings: Settings,
): Promise<readonly Contender[]> {
  const contenders = ways.map((way) => contenderOf(way, wayName(way)));
  const short = { ...load, durationMs: Math.min(SHORT_ROUND_MS, load.durationMs) };
  const cells = contenders.map((contender) => appendCell(contender, short, settings));
  const results = await interleave(cells, settings.quick ? 1 : SHORT_ROUNDS);
  const rateOf = ({ name }: Contender): number =>
    median((results.get(name) ?? []).map(({ recordsPerSecond }) => recordsPerSecond));
  const ranked = contenders.toSorted((a, b) => rateOf(b) - rateOf(a));
  return [true, false].flatMap((ahead) => {
    const names = new Set(ways.filter((way) => way.ahead === ahead).map(wayName));
    return ranked.filter(({ name }) => names.has(name)).slice(0, 1);
  });
}
