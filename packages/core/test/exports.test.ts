import { readdirSync, readFileSync } from 'node:fs';
import * as core from '@wal/core';
import { describe, expect, test } from 'vitest';

const SOURCES = new URL('../src/', import.meta.url);

/** What the sources of a package import, each with who does. */
function importsOf(name: string): string[] {
  const sources = new URL(`../../${name}/src/`, import.meta.url);
  const paths = readdirSync(sources, { recursive: true }).map(String);
  return paths
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => {
      const source = readFileSync(new URL(path, sources), 'utf8');
      return [...source.matchAll(/\b(?:from\s|(?:import|require)\s*\(?)\s*'([^']+)'/g)].map(
        ([, specifier]) => `${path}: ${specifier}`,
      );
    });
}

describe('what runs in a browser imports no module of Node', () => {
  test('@wal/core: but the one that Node alone gets', () => {
    const outside = importsOf('core').filter((line) => !line.includes(': .'));
    expect(outside.sort()).toEqual([
      'crc32-bulk.node.ts: node:zlib',
      'crc32.ts: #crc32-bulk',
      'crc32.ts: crc-32',
    ]);
  });

  test('@wal/core: that one is reached through #crc32-bulk only', () => {
    expect(importsOf('core').filter((line) => /: .*crc32-bulk\.node/.test(line))).toEqual([]);
  });

  test.each([
    ['memlog', ['@wal/core']],
    ['conformance', ['@wal/core', 'fast-check']],
  ])('@wal/%s: nothing but %j', (name, allowed) => {
    const specifiers = importsOf(name).map((line) => line.slice(line.indexOf(': ') + 2));
    const outside = specifiers.filter((specifier) => !specifier.startsWith('.'));
    expect([...new Set(outside)].sort()).toEqual(allowed);
  });

  test.each(['core', 'memlog', 'conformance'])('@wal/%s is compiled without its types', (name) => {
    const path = new URL(`../../${name}/tsconfig.json`, import.meta.url);
    const { compilerOptions, extends: base } = JSON.parse(readFileSync(path, 'utf8'));
    expect(base).toBe('../../tsconfig.json');
    expect(compilerOptions).not.toHaveProperty('types');
    const root = JSON.parse(
      readFileSync(new URL('../../../tsconfig.json', import.meta.url), 'utf8'),
    );
    expect(root.compilerOptions.types).toEqual([]);
  });
});

describe('@wal/core exports', () => {
  const VALUES = [
    'BATCH_ALIGNMENT',
    'BATCH_HEADER_BYTES',
    'BATCH_HEADER_FIELDS',
    'BATCH_MAGIC',
    'BatchBuilder',
    'ChangeSignal',
    'FOOTER_FIELDS',
    'FOOTER_TRAILER_BYTES',
    'FORMAT_VERSION',
    'LogError',
    'MAX_METADATA_BYTES',
    'MAX_RECORD_ID',
    'MAX_SEGMENT_HEADER_BYTES',
    'SEGMENT_HEADER_FIELDS',
    'SegmentStreamReader',
    'TruncationHistory',
    'abortable',
    'abortablePromise',
    'batchBytes',
    'checkAppend',
    'checkInteger',
    'checkIteratorOptions',
    'checkLastToKeep',
    'checkOperationOptions',
    'checkOptionsObject',
    'checkRecordId',
    'checkedVersion',
    'closedError',
    'copyBytes',
    'crc32',
    'createLogIterator',
    'createSerialLog',
    'decodeBatchHeader',
    'decodeFooter',
    'decodePlaces',
    'decodeRecords',
    'decodeSegmentHeader',
    'encodeBatchHeader',
    'encodeFooter',
    'encodeSegmentHeader',
    'encodeSegmentStream',
    'footerBytes',
    'getUint64',
    'invalidArgument',
    'isBodyIntact',
    'isFooterMagic',
    'isLogError',
    'layOut',
    'refuseUnlessStored',
    'refuseUnsupportedBatch',
    'segmentHeaderBytes',
    'segmentSalt',
    'setUint64',
    'takeAppend',
    'throwIfAborted',
    'viewOf',
  ];
  const TYPES = [
    'AppendInput',
    'AppendLimits',
    'AppendResult',
    'BatchHeader',
    'BatchPosition',
    'CheckedAppend',
    'Disk',
    'DiskFile',
    'DiskLock',
    'FieldKind',
    'FormatField',
    'IndexEntry',
    'Iterator',
    'IteratorOptions',
    'LockHolder',
    'Log',
    'LogChange',
    'LogErrorCode',
    'LogErrorDetails',
    'LogExtent',
    'LogIterator',
    'LogRecord',
    'LogView',
    'OperationOptions',
    'Record',
    'RecordId',
    'SegmentFooter',
    'SegmentHeader',
    'SegmentStreamOrigin',
    'SerialLog',
    'SerialStore',
    'TakenAppend',
  ];

  test('exactly these values', () => {
    expect(Object.keys(core).sort()).toEqual(VALUES);
  });

  test('exactly these names, types among them', () => {
    const index = readFileSync(new URL('index.ts', SOURCES), 'utf8');
    const names = [...index.matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, list]) =>
      (list as string)
        .split(',')
        .map((entry) => entry.trim().split(/\s+/).at(-1) as string)
        .filter((name) => name !== ''),
    );
    expect(names.sort()).toEqual([...VALUES, ...TYPES].sort());
    expect(index.match(/^export /gm)).toHaveLength(index.match(/ from '/g)?.length ?? 0);
  });

  test('the README lists each of them', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const list = readme.slice(readme.indexOf('## Exports'));
    const named = new Set([...list.matchAll(/`([A-Za-z0-9_]+)`/g)].map((match) => match[1]));
    expect([...named].sort()).toEqual([...VALUES, ...TYPES].sort());
  });
});
