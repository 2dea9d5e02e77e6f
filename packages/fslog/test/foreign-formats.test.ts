import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogError, segmentSalt, setUint64, viewOf } from '@wal/core';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import {
  editFile,
  editMeta,
  META_OFFSETS,
  makeUnclean,
  metaPath,
  readSegment,
  sealBatch,
  sealHeader,
} from './support/log-files.ts';
import { fill, readAll, recordOf } from './support/records.ts';
import { openLog, segmentFiles, snapshot, temporaryDirectory } from './support/temporary-log.ts';

/** A closed log of two segments with two records each, in a new directory. */
async function closedLog(firstId = 1): Promise<string> {
  const directory = await temporaryDirectory();
  const log = await openLog(directory, { firstId });
  await fill(log, 2);
  await log.roll();
  await fill(log, 2);
  await log.close();
  return directory;
}

async function lastSegment(directory: string): Promise<string> {
  return (await segmentFiles(directory)).at(-1) as string;
}

/** Neither opening for writing nor for reading works, and neither changes a byte. */
async function expectUnsupported(directory: string): Promise<LogError[]> {
  const before = await snapshot(directory);
  const found: LogError[] = [];
  for (const readOnly of [false, true]) {
    const opening = openFsLog(directory, { readOnly });
    found.push(await rejection(opening, 'ERR_LOG_UNSUPPORTED_FORMAT'));
  }
  expect(await snapshot(directory)).toEqual(before);
  return found;
}

describe('OPEN-4 a format of a later release is refused, and nothing is changed', () => {
  const setVersion = (view: DataView, version: number): void => {
    view.setUint16(8, version, true);
    view.setUint16(10, ~version, true);
  };

  test('META of version 2', async () => {
    const directory = await closedLog();
    await editMeta(directory, (view) => setVersion(view, 2));
    for (const { message, version } of await expectUnsupported(directory)) {
      expect(version).toBe(2);
      expect(message).toMatch(/version\D*2/);
    }
  });

  test('META of version 2 that is shorter than ours', async () => {
    const directory = await closedLog();
    await editMeta(directory, (view) => setVersion(view, 2));
    await truncate(metaPath(directory), 512);
    for (const { version } of await expectUnsupported(directory)) expect(version).toBe(2);
  });

  test('the tail segment of version 2', async () => {
    const directory = await closedLog();
    const name = await lastSegment(directory);
    await editFile(join(directory, name), (bytes) => {
      setVersion(viewOf(bytes), 2);
      sealHeader(bytes);
      return undefined;
    });
    for (const { message, version } of await expectUnsupported(directory)) {
      expect(version).toBe(2);
      expect(message).toContain(name);
    }
  });

  test('an older segment of version 2: when it is read', async () => {
    const directory = await closedLog();
    const [name = ''] = await segmentFiles(directory);
    await editFile(join(directory, name), (bytes) => {
      setVersion(viewOf(bytes), 2);
      sealHeader(bytes);
      return undefined;
    });
    const log = await openLog(directory);
    const error = await rejection(log.get(1), 'ERR_LOG_UNSUPPORTED_FORMAT');
    expect(error.version).toBe(2);
    expect((await log.get(4)).id).toBe(4);
  });

  test('a version whose complement does not agree is damage, not news', async () => {
    const directory = await closedLog();
    await editFile(join(directory, await lastSegment(directory)), (bytes) => {
      viewOf(bytes).setUint16(8, 2, true);
      return undefined;
    });
    const before = await snapshot(directory);
    await rejection(openFsLog(directory), 'ERR_LOG_CORRUPT');
    expect(await snapshot(directory)).toEqual(before);
  });

  test('a codec that is not known', async () => {
    const directory = await closedLog();
    const segment = await readSegment(directory, await lastSegment(directory));
    const salt = segmentSalt(segment.header.uuid, segment.header.sequence);
    await editFile(segment.path, (bytes) => {
      viewOf(bytes).setUint32(segment.header.headerBytes + 56, 1, true);
      sealBatch(bytes, segment.header.headerBytes, salt);
      return undefined;
    });
    const log = await openLog(directory);
    const error = await rejection(log.get(3), 'ERR_LOG_UNSUPPORTED_FORMAT');
    expect(error.message).toContain('codec 1');
  });
});

describe('META that is none', () => {
  for (const [what, bytes] of [
    ['of length zero', new Uint8Array(0)],
    ['of one byte', Uint8Array.of(0x89)],
    ['of another kind', Buffer.from('not a log at all, but long enough to hold a version number')],
    ['of zeros', new Uint8Array(8192)],
  ] as const) {
    test(`${what} is refused, and nothing is changed`, async () => {
      const directory = await temporaryDirectory();
      await mkdir(join(directory, 'META'));
      await writeFile(join(directory, 'META', '0'.repeat(16)), bytes);
      for (const { message, segment, byteOffset } of await expectUnsupported(directory)) {
        expect(message).toContain('META');
        expect([segment, byteOffset]).toEqual(['META', 0]);
      }
    });
  }
});

describe('IDS-1 ids above 2^53 - 1 are refused, and nothing is changed', () => {
  const TOO_LARGE = 2 ** 53 + 2;

  for (const [what, at] of [
    ['trim mark', META_OFFSETS.firstId],
    ["tail's first id", META_OFFSETS.tailFirstId],
    ['next id', META_OFFSETS.cleanNextId],
  ] as const) {
    test(`as the ${what} in META`, async () => {
      const directory = await closedLog();
      await editMeta(directory, (view) => setUint64(view, at, TOO_LARGE));
      for (const { message } of await expectUnsupported(directory)) {
        expect(message).toContain('2^53');
      }
    });
  }

  test("as the tail segment's first id", async () => {
    const directory = await closedLog(Number.MAX_SAFE_INTEGER - 3);
    const name = await lastSegment(directory);
    await editFile(join(directory, name), (bytes) => {
      setUint64(viewOf(bytes), 56, TOO_LARGE);
      sealHeader(bytes);
      return undefined;
    });
    for (const { message } of await expectUnsupported(directory)) {
      expect(message).toContain('2^53');
      expect(message).toContain(name);
    }
  });

  test('as the last id of a batch, in an unclean log', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { firstId: Number.MAX_SAFE_INTEGER - 1 });
    await log.append([new Uint8Array(8), new Uint8Array(8)]);
    await log.close();
    const name = await lastSegment(directory);
    const segment = await readSegment(directory, name);
    const salt = segmentSalt(segment.header.uuid, segment.header.sequence);
    // Three records of 4 bytes: as long as two of 8 with one length less.
    const at = segment.header.headerBytes;
    await makeUnclean(directory);
    await editFile(segment.path, (bytes) => {
      viewOf(bytes).setUint32(at + 12, 3, true);
      sealBatch(bytes, at, salt);
      return undefined;
    });
    for (const { message } of await expectUnsupported(directory)) {
      expect(message).toContain('2^53');
      expect(message).toContain(name);
    }
  });
});

describe('IDS-7 the last ids', () => {
  const LAST = Number.MAX_SAFE_INTEGER;

  test('are written, read, rolled, trimmed and reopened', async () => {
    const directory = await temporaryDirectory();
    let log = await openLog(directory, { firstId: LAST - 1 });
    const records = await fill(log, 2);
    await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_TOO_LARGE');
    // There is no id that a further segment could begin with.
    await log.roll();
    await log.close();
    log = await openLog(directory);
    expect(log.nextId).toBe(LAST + 1);
    expect(await readAll(log)).toEqual(records);
    await rejection(log.append(new Uint8Array(1)), 'ERR_LOG_TOO_LARGE');
    await log.truncate(LAST - 1);
    expect(await fill(log, 1)).toEqual([recordOf(LAST)]);
    await log.trim(LAST);
    await log.roll();
    await log.close();
    log = await openLog(directory);
    expect([log.firstId, log.lastId, log.nextId]).toEqual([undefined, undefined, LAST + 1]);
    await log.truncate(5);
    expect(log.nextId).toBe(LAST + 1);
    const reader = await openLog(directory, { readOnly: true });
    expect([reader.firstId, reader.lastId, reader.nextId]).toEqual([
      undefined,
      undefined,
      LAST + 1,
    ]);
  });
});
