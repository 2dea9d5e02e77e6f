const { CRASH_FIRST_SEED, CRASH_SCALE, CRASH_SEED } = process.env;

/** CRASH_SCALE=100 looks at a hundred times as many states as an ordinary test run does. */
export const scale = Number(CRASH_SCALE ?? 1);

/** Whether one run is repeated, and nothing else. */
export const isRepeating: boolean = CRASH_SEED !== undefined;

const firstSeed = Number(CRASH_FIRST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** The seeds of a test's runs; the one in CRASH_SEED alone, if that is set. */
export function seeds(count: number): number[] {
  if (CRASH_SEED !== undefined) return [Number(CRASH_SEED)];
  return Array.from({ length: Math.ceil(count * scale) }, (_, i) => firstSeed + i);
}

/** The same without an end. */
export function* seedsFrom(): Iterable<number> {
  if (CRASH_SEED !== undefined) yield Number(CRASH_SEED);
  else for (let seed = firstSeed; ; seed++) yield seed;
}
