import { createMemLog, createMemStorage, type MemLogOptions } from '@wal/memlog';
import { describe, expect, test } from 'vitest';

const max = Number.MAX_SAFE_INTEGER;

const transferred = new Uint8Array(new ArrayBuffer(3));
structuredClone(transferred, { transfer: [transferred.buffer] });

describe('createMemLog refuses', () => {
  const refused: [string, unknown, RegExp][] = [
    ['options null', null, /options must be an object: null/],
    ['options a string', 'dir', /options must be an object: "dir"/],
    ['options an array', [], /options must be an object: \[Array\]/],
    [
      'storage of another kind',
      { storage: {} },
      /storage must be made by createMemStorage: \[Object\]/,
    ],
    ['storage null', { storage: null }, /storage must be made by createMemStorage: null/],
    ['firstId -1', { firstId: -1 }, new RegExp(`firstId must be an integer from 0 to ${max}: -1`)],
    ['firstId 1.5', { firstId: 1.5 }, /firstId .*: 1\.5/],
    ['firstId a string', { firstId: '1' }, /firstId .*: "1"/],
    ['firstId a bigint', { firstId: 1n }, /firstId .*: 1/],
    ['firstId null', { firstId: null }, /firstId .*: null/],
    ['firstId 2^53', { firstId: max + 1 }, /firstId .*: 9007199254740992/],
    ['metadata a string', { metadata: 'v1' }, /metadata must be a Uint8Array: "v1"/],
    ['metadata an ArrayBuffer', { metadata: new ArrayBuffer(1) }, /metadata .*: \[ArrayBuffer\]/],
    [
      'metadata transferred away',
      { metadata: transferred },
      /metadata must be bytes that were not/,
    ],
    [
      'maxRecordBytes 0',
      { maxRecordBytes: 0 },
      /maxRecordBytes must be an integer from 1 to .*: 0/,
    ],
    ['maxRecordBytes NaN', { maxRecordBytes: Number.NaN }, /maxRecordBytes .*: NaN/],
    ['maxBatchBytes 0', { maxBatchBytes: 0 }, /maxBatchBytes must be an integer from 1 to .*: 0/],
    [
      'maxBatchBytes below maxRecordBytes',
      { maxRecordBytes: 10, maxBatchBytes: 9 },
      /maxBatchBytes must be an integer from 10 to .*: 9/,
    ],
    ['faults a function', { faults: () => {} }, /faults must be an object/],
    ['faults null', { faults: null }, /faults must be an object: null/],
    [
      'a hook no function',
      { faults: { beforeSync: 5 } },
      /faults\.beforeSync must be a function: 5/,
    ],
  ];

  test.each(refused)('%s', (_, options, message) => {
    const create = () => createMemLog(options as MemLogOptions);
    expect(create).toThrow(message);
    expect(create).toThrow(expect.objectContaining({ code: 'ERR_LOG_INVALID_ARGUMENT' }));
  });

  test('a bad option before it touches the storage', () => {
    const storage = createMemStorage();
    expect(() => createMemLog({ storage, firstId: 7, maxRecordBytes: -1 })).toThrow();
    expect(createMemLog({ storage }).nextId).toBe(1);
  });
});

describe('limits', () => {
  test('default to 1 MiB a record and 64 MiB a batch', async () => {
    const log = createMemLog();
    const mebibyte = new Uint8Array(1024 * 1024);
    await expect(log.append(new Uint8Array(mebibyte.length + 1))).rejects.toMatchObject({
      code: 'ERR_LOG_TOO_LARGE',
      limit: mebibyte.length,
    });
    const batch = Array.from({ length: 64 }, () => mebibyte);
    await expect(log.append([...batch, new Uint8Array(1)])).rejects.toMatchObject({
      code: 'ERR_LOG_TOO_LARGE',
      limit: 64 * mebibyte.length,
    });
    await expect(log.append(batch)).resolves.toEqual({ firstId: 1, lastId: 64 });
  });

  test('a record limit above the default batch limit raises that', async () => {
    const length = 65 * 1024 * 1024;
    const log = createMemLog({ maxRecordBytes: length });
    await expect(log.append(new Uint8Array(length))).resolves.toEqual({ firstId: 1, lastId: 1 });
  });

  test('a batch limit below the default record limit lowers that', async () => {
    const log = createMemLog({ maxBatchBytes: 10 });
    await expect(log.append(new Uint8Array(11))).rejects.toMatchObject({ limit: 10 });
    await expect(log.append(new Uint8Array(10))).resolves.toEqual({ firstId: 1, lastId: 1 });
  });
});

test('every option may be undefined', () => {
  const log = createMemLog({
    storage: undefined,
    firstId: undefined,
    metadata: undefined,
    maxRecordBytes: undefined,
    maxBatchBytes: undefined,
    faults: undefined,
  });
  expect(log.nextId).toBe(1);
});

test('a log may be awaited like those of other backends', async () => {
  const log = createMemLog();
  expect(await log).toBe(log);
});
