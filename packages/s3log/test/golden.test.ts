import { readdirSync, readFileSync } from 'node:fs';
import { isLogError } from '@wal/core';
import { describe, expect, test } from 'vitest';
import {
  decodeGolden,
  encodeGolden,
  GOLDEN_V1,
  readGolden,
  readManifest,
  writeGolden,
} from './golden.ts';

const manifest = readManifest();
const names = (): string[] => readdirSync(GOLDEN_V1).filter((name) => name.endsWith('.obj'));

const { WAL_WRITE_GOLDEN } = process.env;

if (WAL_WRITE_GOLDEN === '1') {
  const there = new Set(names());
  for (const golden of manifest) if (!there.has(golden.file)) writeGolden(golden);
}

describe('golden objects of format 1', () => {
  test('the manifest and the directory name the same files, of every kind', () => {
    expect(manifest.map(({ file }) => file).sort()).toEqual(names().sort());
    expect(new Set(manifest.map(({ kind }) => kind))).toEqual(
      new Set(['root', 'chunk', 'seal', 'segment']),
    );
  });

  test.each(manifest)('$file decodes to exactly what the manifest says', (golden) => {
    expect(decodeGolden(readGolden(golden.file), golden)).toEqual(golden);
  });

  test.each(manifest)('$file is what encoding it again gives', (golden) => {
    expect(new Uint8Array(encodeGolden(golden))).toEqual(readGolden(golden.file));
  });

  test.each(manifest)('$file is never written again', (golden) => {
    const bytes = readGolden(golden.file);
    expect(() => writeGolden(golden)).toThrow('EEXIST');
    expect(readGolden(golden.file)).toEqual(bytes);
  });

  test.each(manifest)('a flipped bit in $file is found, or changes nothing', (golden) => {
    const bytes = readGolden(golden.file);
    let found = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      try {
        expect(decodeGolden(flipped, golden), `bit ${bit}`).toEqual(golden);
      } catch (error) {
        const codes = ['ERR_LOG_CORRUPT', 'ERR_LOG_UNSUPPORTED_FORMAT'] as const;
        if (!codes.some((code) => isLogError(error, code))) throw error;
        found++;
      }
    }
    // All but those of padding, of the one byte behind the header of a seal, and of a segment's header.
    expect(found / bytes.length / 8).toBeGreaterThan(golden.kind === 'segment' ? 0.7 : 0.9);
  });
});

describe('docs/FORMAT.md', () => {
  const page = readFileSync(new URL('../../../docs/FORMAT.md', import.meta.url), 'utf8');

  test('names every golden object', () => {
    for (const { file } of manifest) expect(page).toContain(`\`${file}\``);
  });

  /** The rows of the tables of a section, without their heads. */
  const rowsOf = (title: string): string[][] => {
    const [, section = ''] = new RegExp(`^### ${title}\\n(.*?)^###? `, 'ms').exec(page) ?? [];
    const rows = [...section.matchAll(/^\| (.+) \|$/gm)].map(([, row = '']) => row.split('|'));
    return rows.map((row) => row.map((cell) => cell.trim()));
  };
  const magicIn = (what = ''): string | undefined =>
    /`([0-9a-f ]{23})`/.exec(what)?.[1]?.replaceAll(' ', '');
  const hex = (file: string, bytes: number): string =>
    Buffer.from(readGolden(file)).toString('hex', 0, bytes);

  test('its header of chunks and seals has no gap, and begins as they do', () => {
    const fields = rowsOf('Chunk and seal').filter(([offset = '']) => /^\d+$/.test(offset));
    let end = 0;
    for (const [offset, bytes] of fields) {
      expect(Number(offset)).toBe(end);
      end += Number(bytes);
    }
    expect(end).toBe(128);
    for (const file of ['chunk-first.obj', 'seal.obj'])
      expect(magicIn(fields[0]?.[2])).toBe(hex(file, 8));
  });

  test('its root version has the fields that there are, and begins as they do', () => {
    const rows = rowsOf('Root version');
    const magic = rows.find(([offset]) => offset === '0');
    expect(magicIn(magic?.[2])).toBe(hex('root-used.obj', 8));
    const json = JSON.parse(Buffer.from(readGolden('root-used.obj')).toString('utf8', 16));
    const fields = rows.flatMap(([name = '']) => /^`(\w+)`$/.exec(name)?.[1] ?? []);
    expect(fields.toSorted()).toEqual(Object.keys(json).toSorted());
    for (const part of [json.segments[0], json.chunks, json.trim, json.epochs[0]]) {
      for (const field of Object.keys(part))
        expect(rows.flat().join(' ')).toContain(`\`${field}\``);
    }
  });
});
