import { createDirectoryStore, createMemoryStore, openS3Log } from '@wal/s3log';
import { expect, it } from 'vitest';
import { CountingStore } from './support/counting-store.ts';

const wrong: [object, string][] = [
  [{ store: { get: () => undefined } }, 'store must be an ObjectStore, with putIfAbsent()'],
  [{ prefix: 5 }, 'prefix must be a string'],
  [{ prefix: 'logs/\ud800' }, 'prefix must be well-formed Unicode'],
  [{ readOnly: 1 }, 'readOnly must be a boolean'],
  [{ firstId: -1 }, 'firstId must be an integer from 0'],
  [{ metadata: 'text' }, 'metadata must be a Uint8Array'],
  [{ metadata: new Uint8Array(2_049) }, 'metadata must be at most 2048 bytes long'],
  [{ chunkBytes: 0 }, 'chunkBytes must be an integer from 1'],
  [{ maxInFlight: 257 }, 'maxInFlight must be an integer from 1 to 256'],
  [{ maxRecordBytes: 10, maxBatchBytes: 9 }, 'maxBatchBytes must be an integer from 10'],
  [{ giveUpAfterMs: Number.NaN }, 'giveUpAfterMs must be an integer'],
  [{ clock: null }, 'clock must be a Clock, with now()'],
  [{ clock: { now: () => 0 } }, 'clock must be a Clock, with after()'],
  [{ entropy: { fraction: () => 0 } }, 'entropy must be an Entropy, with bytes()'],
];

it.each(wrong)(
  'OPEN-6 %o is refused before anything is asked of the store',
  async (options, message) => {
    const store = new CountingStore(createMemoryStore());
    await expect(openS3Log({ store, ...options })).rejects.toMatchObject({
      code: 'ERR_LOG_INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    });
    expect(store.take()).toEqual({ put: 0, get: 0, list: 0, delete: 0 });
  },
);

it.each([
  [[undefined], "directory must be a directory's path"],
  [[''], "directory must be a directory's path"],
  [['a\0b'], "directory must be a directory's path"],
  [['objects', 'none'], 'options must be an object'],
  // Taken for 'none', it would not be durable.
  [['objects', { durability: 'Sync' }], "durability must be 'sync' or 'none'"],
] as [[string], string][])('ERRORS-1 a directory of %o is refused', (given, message) => {
  expect(() => createDirectoryStore(...given)).toThrow(
    expect.objectContaining({
      code: 'ERR_LOG_INVALID_ARGUMENT',
      message: expect.stringContaining(message),
    }),
  );
});
