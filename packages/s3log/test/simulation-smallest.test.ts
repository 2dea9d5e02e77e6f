import { afterAll, beforeAll, it } from 'vitest';
import { liveSeeds } from './sim/live-seeds.ts';
import { SMALLEST } from './sim/mutants.ts';
import { type MutatedS3Log, mutatedS3Log } from './sim/mutated-s3-log.ts';

let sources: MutatedS3Log;

beforeAll(async () => {
  sources = await mutatedS3Log();
});

afterAll(() => sources.remove());

it('a log whose numbers are as small as can be lives through every seed', {
  timeout: 10 ** 8,
}, async () => {
  await liveSeeds((await sources.load(SMALLEST)).openS3Log, 'as small as can be');
});
