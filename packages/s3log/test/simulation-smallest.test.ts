import { afterAll, beforeAll, it } from 'vitest';
import { liveSeeds } from './sim/live-seeds.ts';
import { SMALLEST } from './sim/mutants.ts';
import { MutatedSources } from './sim/mutated-sources.ts';

let sources: MutatedSources;

beforeAll(async () => {
  sources = await MutatedSources.create();
});

afterAll(() => sources.remove());

it('a log whose numbers are as small as can be lives through every seed', {
  timeout: 10 ** 8,
}, async () => {
  await liveSeeds(await sources.open(SMALLEST), 'as small as can be');
});
