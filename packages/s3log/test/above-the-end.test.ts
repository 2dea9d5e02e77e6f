import { openS3Log } from '@wal/s3log';
import { expect, it } from 'vitest';
import { sealLeftAbove, strayChunk } from './sim/above-the-end.ts';

it('READ-1 a chunk that landed above its seal is never found, however much the index has forgotten', async () => {
  expect(await strayChunk(openS3Log)).toBe('four,four');
});

it('OPEN-4 an opener that lost its race for the end leaves no seal that looks like damage', async () => {
  expect(await sealLeftAbove(openS3Log)).toBe('nextId 6');
});
