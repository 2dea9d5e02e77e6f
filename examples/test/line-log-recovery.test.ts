import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { describe, expect, test } from 'vitest';
import { openLineLog } from '../custom-backend/line-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

const JOURNAL = 'journal.txt';

/** A journal of a few operations, and where each of its lines ends. */
async function createJournal(directory: string) {
  const log = await openLineLog(nodeDisk, directory, 5);
  await log.append([Buffer.from('one'), Buffer.from('two')]);
  await log.append(Buffer.from('three'));
  await log.truncate(6);
  await log.append(Buffer.from('four'));
  await log.trim(5);
  await log.close();
  const bytes = await readFile(join(directory, JOURNAL));
  const ends = [...bytes.keys()].filter((i) => bytes[i] === 0x0a).map((i) => i + 1);
  expect(ends.length).toBe(6);
  return { bytes, ends };
}

async function contentsOf(log: Log): Promise<string[]> {
  const contents: string[] = [];
  for await (const { id, data } of log.iterator()) contents.push(`${id} ${Buffer.from(data)}`);
  return [...contents, `next ${log.nextId}`];
}

const STATES = [
  ['next 5'],
  ['5 one', '6 two', 'next 7'],
  ['5 one', '6 two', '7 three', 'next 8'],
  ['5 one', '6 two', 'next 7'],
  ['5 one', '6 two', '7 four', 'next 8'],
  ['6 two', '7 four', 'next 8'],
];

test('CRASH-1 cut at every length: the operations that are whole, and no part of another', async () => {
  const directory = await temporaryFolder();
  const { bytes, ends } = await createJournal(directory);
  for (let length = ends[0] as number; length <= bytes.length; length++) {
    await writeFile(join(directory, JOURNAL), bytes.subarray(0, length));
    const whole = ends.filter((end) => end <= length);
    const log = await openLineLog(nodeDisk, directory);
    expect(await contentsOf(log)).toEqual(STATES[whole.length - 1]);
    await log.append(Buffer.from('after'));
    const expected = await contentsOf(log);
    await log.close();
    await using again = await openLineLog(nodeDisk, directory);
    expect(await contentsOf(again)).toEqual(expected);
  }
});

describe('OPEN-4', () => {
  test('a bit flipped anywhere but in the last line is corruption, in that a torn tail', async () => {
    const directory = await temporaryFolder();
    const { bytes, ends } = await createJournal(directory);
    const lastLine = ends.at(-2) as number;
    for (let i = 0; i < bytes.length; i++) {
      const rotten = Buffer.from(bytes);
      rotten[i] = (rotten[i] as number) ^ (1 << (i % 8));
      await writeFile(join(directory, JOURNAL), rotten);
      if (i < lastLine) {
        const byteOffset = ends.findLast((end) => end <= i) ?? 0;
        const error = { code: 'ERR_LOG_CORRUPT', byteOffset };
        await expect(openLineLog(nodeDisk, directory), `byte ${i}`).rejects.toMatchObject(error);
        expect(await readFile(join(directory, JOURNAL))).toEqual(rotten);
      } else {
        await using log = await openLineLog(nodeDisk, directory);
        expect(await contentsOf(log), `byte ${i}`).toEqual(STATES[4]);
      }
    }
  });

  test('a file that is no journal is left as it is', async () => {
    const directory = await temporaryFolder();
    for (const text of ['', 'Dear diary', 'Dear diary\n', '\0\0\0\0']) {
      await writeFile(join(directory, JOURNAL), text);
      await expect(openLineLog(nodeDisk, directory)).rejects.toMatchObject({
        code: 'ERR_LOG_CORRUPT',
      });
      expect(await readFile(join(directory, JOURNAL), 'utf8')).toBe(text);
    }
  });

  test('a creation that was interrupted is made again', async () => {
    const directory = await temporaryFolder();
    await writeFile(join(directory, `${JOURNAL}.new`), 'half a li');
    await using log = await openLineLog(nodeDisk, directory, 3);
    expect(log.nextId).toBe(3);
    expect(await readdir(directory)).not.toContain(`${JOURNAL}.new`);
  });
});

test('OPEN-2 an opening that fails leaves no lock behind', async () => {
  const directory = await temporaryFolder();
  await writeFile(join(directory, JOURNAL), 'rotten\n');
  for (let i = 0; i < 2; i++) {
    await expect(openLineLog(nodeDisk, directory)).rejects.toMatchObject({
      code: 'ERR_LOG_CORRUPT',
    });
  }
});
