import { it } from 'vitest';
import { liveSeeds } from './sim/live-seeds.ts';
import { SMALLEST } from './sim/mutants.ts';

it(
  'a log whose numbers are as small as can be lives through every seed',
  { timeout: 10 ** 8 },
  () => liveSeeds('as small as can be', SMALLEST),
);
