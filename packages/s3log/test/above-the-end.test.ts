import { openS3Log } from '@wal/s3log';
import { expect, it } from 'vitest';
import { sealBelowTrim, sealLeftAbove, staleReader, strayChunk } from './sim/above-the-end.ts';

it('READ-1 a chunk that landed above its seal is never found, however much the index has forgotten', async () => {
  expect(await strayChunk(openS3Log)).toBe('four,four');
});

it('READ-1 nor by a reader that does not know yet what was trimmed', async () => {
  expect(await staleReader(openS3Log)).toBe('ERR_LOG_TRIMMED');
});

it('READ-1 nor by one that meets a seal where a chunk was that is trimmed', async () => {
  expect(await sealBelowTrim(openS3Log)).toBe('ERR_LOG_TRIMMED');
});

it('OPEN-4 an opener that lost its race for the end leaves no seal that looks like damage', async () => {
  expect(await sealLeftAbove(openS3Log)).toBe('nextId 6');
});
