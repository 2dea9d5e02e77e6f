import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FsLogOptions, nodeDisk, openFsLog } from '@wal/fslog';
import { describe, expect, test, vi } from 'vitest';
import { rejection } from './support/errors.ts';
import { fill } from './support/records.ts';
import { openLog, snapshot, temporaryDirectory } from './support/temporary-log.ts';
import { systemError, WatchedDisk } from './support/watched-disk.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const NOT_NUMBERS: readonly unknown[] = [null, '5', true, [], {}, 5n, Symbol('5'), () => 5];
const NOT_INTEGERS: readonly unknown[] = [
  ...NOT_NUMBERS,
  Number.NaN,
  1.5,
  -1,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
];

/** Each option with what it must refuse, and what its message must say that it takes. */
const REFUSED: readonly (readonly [keyof FsLogOptions, readonly unknown[], string])[] = [
  ['firstId', [...NOT_INTEGERS, 2 ** 53], 'an integer from 0 to 9007199254740991'],
  ['metadata', [null, 'text', 5, [], {}, new ArrayBuffer(4)], 'a Uint8Array'],
  ['metadata', [new Uint8Array(2049)], 'at most 2048 bytes long'],
  ['readOnly', [null, 0, 1, 'true', {}], 'a boolean'],
  ['preallocate', [null, 0, 1, 'false', {}], 'a boolean'],
  ['segmentBytes', [...NOT_INTEGERS, 0, 4095, GIB + 1], `an integer from 4096 to ${GIB}`],
  ['maxRecordBytes', [...NOT_INTEGERS, 0, 512 * MIB + 1], `an integer from 1 to ${512 * MIB}`],
  ['maxQueuedBytes', [...NOT_INTEGERS, MIB - 1, GIB + 1], `an integer from ${MIB} to ${GIB}`],
  ['durability', [null, 0, 'async', [], {}, () => 5], "'sync', 'none' or { intervalMs }"],
  [
    'durability',
    [...NOT_INTEGERS, 0, 2 ** 31].map((intervalMs) => ({ intervalMs })),
    'an integer from 1 to 2147483647',
  ],
  [
    'disk',
    [null, 5, 'disk', {}, { open: () => undefined }, { ...nodeDisk, identify: undefined }],
    'a Disk',
  ],
];

describe('ERRORS-1 bad options', () => {
  for (const [name, values, rule] of REFUSED) {
    test(`${name} takes only ${rule}`, async () => {
      const parent = await temporaryDirectory();
      for (const value of values) {
        const options = { [name]: value } as FsLogOptions;
        const error = await rejection(
          openFsLog(join(parent, 'log'), options),
          'ERR_LOG_INVALID_ARGUMENT',
        );
        expect(error.message).toContain(rule);
        if (typeof value === 'number') expect(error.message).toContain(`: ${value}`);
      }
      expect(await snapshot(parent)).toEqual({});
    });
  }

  test('options are an object', async () => {
    const parent = await temporaryDirectory();
    for (const options of [null, 5, 'sync', [], () => undefined]) {
      await rejection(
        openFsLog(join(parent, 'log'), options as FsLogOptions),
        'ERR_LOG_INVALID_ARGUMENT',
      );
    }
    expect(await snapshot(parent)).toEqual({});
  });

  test('metadata that was transferred away is none', async () => {
    const metadata = new Uint8Array(new ArrayBuffer(3));
    structuredClone(metadata, { transfer: [metadata.buffer] });
    const path = join(await temporaryDirectory(), 'log');
    const error = await rejection(openFsLog(path, { metadata }), 'ERR_LOG_INVALID_ARGUMENT');
    expect(error.message).toContain('metadata must be bytes that were not transferred away');
  });

  test('what an option is when it is read counts, once', async () => {
    const reads: string[] = [];
    const durability = {
      get intervalMs() {
        reads.push('intervalMs');
        return reads.length === 1 ? 1000 : -1;
      },
    };
    await openLog(join(await temporaryDirectory(), 'log'), { durability });
    expect(reads).toEqual(['intervalMs']);
  });

  test('the directory is a path', async () => {
    for (const directory of [undefined, null, 5, '', 'a\0b', {}, new URL('file:///tmp')]) {
      const error = await rejection(openFsLog(directory as string), 'ERR_LOG_INVALID_ARGUMENT');
      expect(error.message).toContain('directory must be a path');
    }
  });

  test('the largest and the smallest values are taken', async () => {
    const directory = await temporaryDirectory();
    for (const options of [
      { segmentBytes: 4096, maxRecordBytes: 1, maxQueuedBytes: 1 },
      { segmentBytes: GIB, maxRecordBytes: 512 * MIB, maxQueuedBytes: GIB },
      { durability: { intervalMs: 2 ** 31 - 1 } },
      { firstId: undefined, metadata: undefined, readOnly: undefined, durability: undefined },
    ]) {
      await (await openLog(directory, options)).close();
    }
  });

  test('METADATA-1 2,048 bytes of metadata are taken and read back', async () => {
    const directory = await temporaryDirectory();
    const metadata = new Uint8Array(2048).fill(7);
    await (await openLog(directory, { metadata })).close();
    const log = await openLog(directory, { metadata });
    await fill(log, 2);
    await log.close();
    expect((await openLog(directory)).metadata).toEqual(metadata);
  });

  test('METADATA-1 what is stored is the metadata at the call, also of a Buffer', async () => {
    const directory = await temporaryDirectory();
    const metadata = Buffer.from('before');
    const opening = openLog(directory, { metadata });
    metadata.write('behind');
    const log = await opening;
    expect(Buffer.from(log.metadata).toString()).toBe('before');
    log.metadata.fill(0);
    expect(Buffer.from(log.metadata).toString()).toBe('before');
  });
});

describe('a directory that is none', () => {
  test('a file', async () => {
    const parent = await temporaryDirectory();
    const path = join(parent, 'file');
    await writeFile(path, 'mine');
    const before = await snapshot(parent);
    for (const readOnly of [false, true]) {
      const error = await rejection(openFsLog(path, { readOnly }), 'ERR_LOG_INVALID_ARGUMENT');
      expect(error.message).toContain(path);
      expect(error.message).toContain('not a directory');
      const below = openFsLog(join(path, 'below'), { readOnly });
      await rejection(below, 'ERR_LOG_INVALID_ARGUMENT');
    }
    expect(await snapshot(parent)).toEqual(before);
  });

  test('its parent is missing', async () => {
    const parent = await temporaryDirectory();
    const path = join(parent, 'missing', 'log');
    const error = await rejection(openFsLog(path), 'ERR_LOG_INVALID_ARGUMENT');
    expect(error.message).toContain(path);
    expect(await snapshot(parent)).toEqual({});
  });

  test('it is missing, and only to be read', async () => {
    const parent = await temporaryDirectory();
    const path = join(parent, 'missing');
    const error = await rejection(openFsLog(path, { readOnly: true }), 'ERR_LOG_INVALID_ARGUMENT');
    expect(error.message).toContain(path);
    expect(await snapshot(parent)).toEqual({});
  });

  test('it is empty, and only to be read', async () => {
    const parent = await temporaryDirectory();
    const error = await rejection(
      openFsLog(parent, { readOnly: true }),
      'ERR_LOG_INVALID_ARGUMENT',
    );
    expect(error.message).toContain('no log');
    expect(await snapshot(parent)).toEqual({});
  });

  test('a directory that is missing is created, in one that is there', async () => {
    const path = join(await temporaryDirectory(), 'log');
    const log = await openLog(path);
    expect(log.directory).toBe(path);
    await fill(log, 1);
    expect(log.lastId).toBe(1);
  });

  test('it is relative, and the working directory is gone', async () => {
    const gone = systemError('ENOENT', -2);
    vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw gone;
    });
    try {
      const error = await rejection(openFsLog('log'), 'ERR_LOG_INVALID_ARGUMENT');
      expect(error.message).toBe(
        'directory must be absolute, since there is no working directory: log',
      );
      expect(error.cause).toBe(gone);
      await openLog(join(await temporaryDirectory(), 'log'));
    } finally {
      vi.restoreAllMocks();
    }
  });

  test('a relative path is the absolute one from then on', async () => {
    const directory = await temporaryDirectory();
    const relativePath = join(process.cwd(), '..').replaceAll(/[^/]+/g, '..');
    const log = await openLog(`${relativePath}/${directory}`);
    expect(log.directory).toBe(directory);
  });
});

describe('METADATA-2 other metadata', () => {
  test('is refused and changes nothing, for reading and for writing', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { metadata: Uint8Array.of(1, 2, 3) });
    await fill(log, 3);
    await log.close();
    const before = await snapshot(directory);
    for (const metadata of [new Uint8Array(0), Uint8Array.of(1, 2, 4), Uint8Array.of(1, 2)]) {
      for (const readOnly of [false, true]) {
        const error = await rejection(
          openFsLog(directory, { metadata, readOnly }),
          'ERR_LOG_METADATA_MISMATCH',
        );
        expect(error.message).toContain('3 bytes');
        expect(error.message).toContain(directory);
      }
    }
    expect(await snapshot(directory)).toEqual(before);
  });
});

describe('files of something else', () => {
  for (const name of ['notes.txt', '.hidden', 'META.bak', '0000000000000001.wal', 'sub']) {
    test(`${name} makes a directory no place for a new log`, async () => {
      const directory = await temporaryDirectory();
      const path = join(directory, name);
      if (name === 'sub') await mkdir(path);
      else await writeFile(path, 'mine');
      const before = await snapshot(directory);
      const error = await rejection(openFsLog(directory), 'ERR_LOG_UNSUPPORTED_FORMAT');
      expect(error.message).toContain(name);
      expect(error.message).toContain(directory);
      expect(await snapshot(directory)).toEqual(before);
    });
  }

  test('beside a log that exists they are left alone', async () => {
    const directory = await temporaryDirectory();
    await (await openLog(directory)).close();
    await writeFile(join(directory, 'notes.txt'), 'mine');
    const log = await openLog(directory);
    await fill(log, 3);
    await log.trim(3);
    await log.close();
    expect(await snapshot(directory)).toHaveProperty(['notes.txt']);
  });

  test('segments without a META are a log that lost it', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    await fill(log, 1);
    await log.close();
    await rm(join(directory, 'META'), { recursive: true });
    const before = await snapshot(directory);
    for (const readOnly of [false, true]) {
      const error = await rejection(openFsLog(directory, { readOnly }), 'ERR_LOG_CORRUPT');
      expect(error.segment).toBe('META');
    }
    expect(await snapshot(directory)).toEqual(before);
  });
});

describe('the disk that is given', () => {
  test('is the only one that is used', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await openLog(directory, { disk });
    await fill(log, 1);
    const [segment] = await log.listSegments();
    await log.close();
    expect(disk.count('lock')).toBe(1);
    expect(disk.count('write', 'META.new')).toBeGreaterThan(0);
    expect(disk.count('write', segment?.name)).toBeGreaterThan(0);
  });
});
