import { readdirSync, readFileSync } from 'node:fs';
import * as core from '@wal/core';
import { describe, expect, test } from 'vitest';

const SOURCES = new URL('../src/', import.meta.url);

const sources: readonly (readonly [string, string])[] = readdirSync(SOURCES, { recursive: true })
  .map(String)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => [name, readFileSync(new URL(name, SOURCES), 'utf8')]);

describe('@wal/core runs in a browser', () => {
  const imported = (source: string): string[] =>
    [...source.matchAll(/(?:\bfrom|\bimport|\brequire)\s*\(?\s*'([^']+)'/g)].map(
      (match) => match[1] as string,
    );

  test('no source imports a Node module but the one that Node alone gets', () => {
    const outside = sources.flatMap(([name, source]) =>
      imported(source)
        .filter((specifier) => !specifier.startsWith('.'))
        .map((specifier) => `${name}: ${specifier}`),
    );
    expect(outside.sort()).toEqual([
      'crc32-bulk.node.ts: node:zlib',
      'crc32.ts: #crc32-bulk',
      'crc32.ts: crc-32',
    ]);
  });

  test('that one is reached through #crc32-bulk only', () => {
    const importers = sources.filter(([, source]) => /crc32-bulk\.node/.test(source));
    expect(importers.map(([name]) => name)).toEqual([]);
  });
});

describe('@wal/core exports', () => {
  const VALUES = [
    'BATCH_ALIGNMENT',
    'BATCH_HEADER_BYTES',
    'BATCH_MAGIC',
    'BatchBuilder',
    'ChangeSignal',
    'FOOTER_TRAILER_BYTES',
    'FORMAT_VERSION',
    'LogError',
    'MAX_METADATA_BYTES',
    'MAX_RECORD_ID',
    'MAX_SEGMENT_HEADER_BYTES',
    'TruncationHistory',
    'abortable',
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
    'crc32',
    'createLogIterator',
    'createSerialLog',
    'decodeBatchHeader',
    'decodeFooter',
    'decodeRecords',
    'decodeSegmentHeader',
    'encodeBatchHeader',
    'encodeFooter',
    'encodeSegmentHeader',
    'footerBytes',
    'getUint64',
    'invalidArgument',
    'isBodyIntact',
    'isFooterMagic',
    'isLogError',
    'refuseUnlessStored',
    'refuseUnsupportedBatch',
    'segmentHeaderBytes',
    'segmentSalt',
    'setUint64',
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
    'SerialLog',
    'SerialStore',
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
