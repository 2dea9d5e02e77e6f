import { it } from 'vitest';
import { liveSeeds } from './sim/live-seeds.ts';

it('the log lives through every seed', { timeout: 10 ** 8 }, () => liveSeeds('as it is'));
