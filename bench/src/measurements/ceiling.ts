import { type BareWay, wayName } from '../contenders/bare-file.ts';
import type { Contender } from '../contenders/store.ts';
import type { Settings } from '../measurement.ts';
import { type Figure, findFigure } from '../result/figure.ts';
import { interleave } from '../runner/interleave.ts';
import { median } from '../runner/statistics.ts';
import { type AppendRates, appendCell, measureAppends } from './append-rates.ts';

const SHORT_ROUNDS = 3;
const SHORT_ROUND_MS = 200;
/** So many of the ways take part in the rounds: a few short ones do not tell the best from the next. */
const FINALISTS = 2;
export const CEILING = 'bare';

/** The bare machine at one load: the ways it may go, and what goes them. */
export interface Ceiling {
  readonly ways: readonly BareWay[];
  contenderOf(way: BareWay, name: string): Contender;
}

/** The figures of a load, `bare` among them: the fastest way of the bare machine by its median. */
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
  const figures = measured
    .filter(({ contender }) => contender === way || !names.has(contender))
    .map((one) => (one.contender === way ? { ...one, contender: CEILING } : one));
  return { figures, way };
}

/** The fastest ways in a few short rounds, each named for what it does. */
async function chooseFinalists(
  { load }: AppendRates,
  { ways, contenderOf }: Ceiling,
  settings: Settings,
): Promise<readonly Contender[]> {
  const contenders = ways.map((way) => contenderOf(way, wayName(way)));
  if (contenders.length <= FINALISTS) return contenders;
  const short = { ...load, durationMs: Math.min(SHORT_ROUND_MS, load.durationMs) };
  const cells = contenders.map((contender) => appendCell(contender, short, settings));
  const results = await interleave(cells, settings.quick ? 1 : SHORT_ROUNDS);
  const rateOf = ({ name }: Contender): number =>
    median((results.get(name) ?? []).map(({ recordsPerSecond }) => recordsPerSecond));
  return contenders.toSorted((a, b) => rateOf(b) - rateOf(a)).slice(0, FINALISTS);
}
