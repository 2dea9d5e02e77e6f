import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isLogError, type Log } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { openLineLog } from '../custom-backend/open-line-log.ts';
import { recoverOperations } from '../custom-backend/recovery.ts';
import { temporaryFolder } from './temporary-folder.ts';

const JOURNAL = 'journal.txt';

/** A journal of a few operations, and where each of its lines ends. */
async function createJournal(directory: string) {
  const log = await openLineLog(directory, { firstId: 5 });
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
    const log = await openLineLog(directory);
    expect(await contentsOf(log)).toEqual(STATES[whole.length - 1]);
    expect(log.tornBytes).toBe(length - (whole.at(-1) as number));
    await log.append(Buffer.from('after'));
    const expected = await contentsOf(log);
    await log.close();
    await using again = await openLineLog(directory);
    expect(again.tornBytes).toBe(0);
    expect(await contentsOf(again)).toEqual(expected);
  }
});

describe('OPEN-4', () => {
  test('a bit flipped anywhere but in the last line is corruption, in that a torn tail', async () => {
    const { bytes, ends } = await createJournal(await temporaryFolder());
    const lastLine = ends.at(-2) as number;
    for (let i = 0; i < bytes.length; i++) {
      for (let bit = 0; bit < 8; bit++) {
        const rotten = Buffer.from(bytes);
        rotten[i] = (rotten[i] as number) ^ (1 << bit);
        let end: number | undefined;
        try {
          ({ end } = recoverOperations(rotten));
        } catch (error) {
          expect(isLogError(error, 'ERR_LOG_CORRUPT')).toBe(true);
        }
        expect(end, `byte ${i}, bit ${bit}`).toBe(i < lastLine ? undefined : lastLine);
      }
    }
  });

  test('a file that is no journal is left as it is', async () => {
    const directory = await temporaryFolder();
    for (const text of ['', 'Dear diary', 'Dear diary\n', '\0\0\0\0']) {
      await writeFile(join(directory, JOURNAL), text);
      await expect(openLineLog(directory)).rejects.toMatchObject({ code: 'ERR_LOG_CORRUPT' });
      expect(await readFile(join(directory, JOURNAL), 'utf8')).toBe(text);
    }
  });

  test('a creation that was interrupted is made again', async () => {
    const directory = await temporaryFolder();
    await writeFile(join(directory, `${JOURNAL}.new`), 'half a li');
    await using log = await openLineLog(directory, { firstId: 3 });
    expect(log.nextId).toBe(3);
    expect(await readdir(directory)).not.toContain(`${JOURNAL}.new`);
  });
});

test('OPEN-2 an opening that fails leaves no lock behind', async () => {
  const directory = await temporaryFolder();
  await writeFile(join(directory, JOURNAL), 'rotten\n');
  for (let i = 0; i < 2; i++) {
    await expect(openLineLog(directory)).rejects.toMatchObject({ code: 'ERR_LOG_CORRUPT' });
  }
});
