import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bitFlips } from './bit-flips.ts';
import {
  decodeGolden,
  encodeGolden,
  GOLDEN_V1,
  readGolden,
  readManifest,
  writeGolden,
} from './golden.ts';

const manifest = readManifest();
const names = (): string[] => readdirSync(GOLDEN_V1).filter((name) => name.endsWith('.wal'));

const { WAL_WRITE_GOLDEN } = process.env;

if (WAL_WRITE_GOLDEN === '1') {
  const there = new Set(names());
  for (const segment of manifest) if (!there.has(segment.file)) writeGolden(segment);
}

describe('golden segments of format 1', () => {
  test('the manifest and the directory name the same files', () => {
    expect(manifest.map(({ file }) => file).sort()).toEqual(names().sort());
  });

  test.each(manifest)('$file decodes to exactly what the manifest says', (segment) => {
    const bytes = readGolden(segment.file);
    expect(decodeGolden(bytes, segment.file, segment.about)).toEqual(segment);
  });

  test.each(manifest)('$file is what encoding it again gives', (segment) => {
    const bytes = readGolden(segment.file);
    const decoded = decodeGolden(bytes, segment.file, segment.about);
    expect(encodeGolden(decoded)).toEqual(bytes);
  });

  test.each(manifest)('$file is never written again', (segment) => {
    const bytes = readGolden(segment.file);
    expect(() => writeGolden(segment)).toThrow('EEXIST');
    expect(readGolden(segment.file)).toEqual(bytes);
  });

  test('a flipped bit never reads as other records', () => {
    for (const { file, about, ...segment } of manifest.filter(({ bytes }) => bytes < 1000)) {
      const bytes = readGolden(file);
      for (const flip of bitFlips(bytes, 0, bytes.length)) {
        try {
          // What does not throw lost nothing but batches from the flipped one on, or flipped padding.
          const { header, batches } = decodeGolden(bytes, file, about);
          expect(header, `${file} ${flip}`).toEqual(segment.header);
          expect(segment.batches.slice(0, batches.length), `${file} ${flip}`).toEqual(batches);
        } catch (error) {
          if (!(error instanceof Error) || error.name === 'AssertionError') throw error;
        }
      }
    }
  });
});

describe('docs/FORMAT.md', () => {
  const page = readFileSync(new URL('../../../docs/FORMAT.md', import.meta.url), 'utf8');

  test('its worked example is the golden file, byte for byte', () => {
    const block = /```hexdump\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const rows = [...block.matchAll(/^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} ?)+)/gm)];
    const bytes = rows.flatMap(([, offset, digits], i) => {
      const row = (digits as string)
        .trim()
        .split(/ +/)
        .map((byte) => Number.parseInt(byte, 16));
      const before = rows.slice(0, i).flatMap((other) => (other[2] as string).trim().split(/ +/));
      expect(Number.parseInt(offset as string, 16)).toBe(before.length);
      return row;
    });
    expect(Uint8Array.from(bytes)).toEqual(readGolden('worked-example.wal'));
  });

  test('names every golden file', () => {
    for (const { file } of manifest) expect(page).toContain(`\`${file}\``);
  });
});
