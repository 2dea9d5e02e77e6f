import { openS3Log } from '@wal/s3log';
import { it } from 'vitest';
import { liveSeeds } from './sim/live-seeds.ts';

it('the log lives through every seed', { timeout: 10 ** 8 }, () =>
  liveSeeds(openS3Log, 'as it is'),
);
