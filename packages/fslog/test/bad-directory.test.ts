import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { fill } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { systemError, WatchedDisk } from './support/watched-disk.ts';

/** Every name below a directory, of what LOCK holds too. */
async function names(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).sort();
}

describe('a directory of something else', () => {
  for (const readOnly of [false, true]) {
    test(`is refused${readOnly ? ', also to read' : ''}, and nothing is changed`, async () => {
      const directory = await temporaryDirectory();
      await writeFile(join(directory, 'letter.txt'), 'mine');
      const opening = openFsLog(directory, { readOnly });
      const { message } = await rejection(opening, 'ERR_LOG_UNSUPPORTED_FORMAT');
      expect(message).toContain(`directory=${directory} file=letter.txt`);
      expect(await names(directory)).toEqual(['letter.txt']);
    });
  }
});

describe('META that holds files of something else', () => {
  for (const readOnly of [false, true]) {
    test(`is refused${readOnly ? ', also to read' : ''}, and nothing is changed`, async () => {
      const directory = await temporaryDirectory();
      await mkdir(join(directory, 'META'));
      await writeFile(join(directory, 'META', 'INDEX.LIST'), 'of a jar');
      const before = await names(directory);
      const opening = openFsLog(directory, { readOnly });
      const { message } = await rejection(opening, 'ERR_LOG_UNSUPPORTED_FORMAT');
      expect(message).toContain(`directory=${directory} file=${join('META', 'INDEX.LIST')}`);
      expect(await names(directory)).toEqual(before);
      expect(await readFile(join(directory, 'META', 'INDEX.LIST'), 'utf8')).toBe('of a jar');
    });
  }
});

describe('a path where no log can be', () => {
  test('without a parent: the message names it', async () => {
    const parent = join(await temporaryDirectory(), 'missing');
    const opening = openFsLog(join(parent, 'log'));
    const error = await rejection(opening, 'ERR_LOG_INVALID_ARGUMENT');
    expect(error.message).toContain(`parent=${parent}`);
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });

  for (const readOnly of [false, true]) {
    test(`longer than the system takes${readOnly ? ', to read' : ''}`, async () => {
      const parent = await temporaryDirectory();
      const path = join(parent, 'x'.repeat(300));
      const error = await rejection(openFsLog(path, { readOnly }), 'ERR_LOG_INVALID_ARGUMENT');
      expect(error.message).toContain(path);
      expect(error.cause).toMatchObject({ code: 'ENAMETOOLONG' });
      expect(await names(parent)).toEqual([]);
    });
  }

  test('with a file for LOCK: the message names it, and it stays', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'LOCK'), 'mine');
    const error = await rejection(openFsLog(directory), 'ERR_LOG_INVALID_ARGUMENT');
    expect(error.message).toContain(`not a directory, directory=${directory}`);
    expect(error.message).toContain(`path=${join(directory, 'LOCK')}`);
    expect(await names(directory)).toEqual(['LOCK']);
    expect(await readFile(join(directory, 'LOCK'), 'utf8')).toBe('mine');
  });
});

test.each([
  ['read', true],
  ['write', false],
])('no permission to %s is said to be that', async (purpose, readOnly) => {
  const directory = await temporaryDirectory();
  const log = await openLog(directory);
  await fill(log, 1);
  await log.close();
  const disk = new WatchedDisk();
  disk.before = () => {
    throw systemError('EACCES', -13);
  };
  const error = await rejection(openFsLog(directory, { readOnly, disk }), 'ERR_LOG_READ_ONLY');
  expect(error.message).toBe(`no permission to ${purpose} (EACCES), directory=${directory}`);
});
