const { CRASH_SEED, CRASH_SCALE } = process.env;

/** CRASH_SCALE=100 looks at a hundred times as many states as an ordinary test run does. */
export const scale = Number(CRASH_SCALE ?? 1);

const firstSeed = Math.floor(Math.random() * 2 ** 31);

/** The seeds of a test's runs; the one in CRASH_SEED alone, if that is set. */
export function seeds(count: number): number[] {
  if (CRASH_SEED !== undefined) return [Number(CRASH_SEED)];
  return Array.from({ length: Math.ceil(count * scale) }, (_, i) => firstSeed + i);
}
