/** LineLog with one mistake: a piece of its source, and what stands there instead. */
export interface LineLogMutant {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const SYNC = 'return file.sync().then(() => bytes.length);';
const COMMIT = 'end += await write(file, encode(change, end), end);';

export const LINE_LOG_MUTANTS: readonly LineLogMutant[] = [
  { name: 'no file is synced', from: SYNC, to: 'return bytes.length;' },
  {
    name: 'an append is acknowledged before its sync is done',
    from: SYNC,
    to: 'file.sync().catch(() => undefined); return bytes.length;',
  },
  {
    name: 'the sync comes before the write',
    from: `async function write(file: wal.DiskFile, bytes: Uint8Array, position: number): Promise<number> {`,
    to: `async function write(file: wal.DiskFile, bytes: Uint8Array, position: number): Promise<number> {
      await file.sync();
      return await file.write(bytes, position);`,
  },
  { name: 'the directory is not synced', from: 'await disk.syncDirectory(path);', to: '' },
  {
    name: 'the directory is synced only where the file was created',
    from: 'await disk.syncDirectory(path);',
    to: `if ((await disk.list(path)).includes('opened')) await disk.syncDirectory(path);`,
  },
  {
    name: 'the file has its name before it is complete',
    from: `const file = await disk.create(join(path, \`\${NAME}.new\`));`,
    to: `const file = await disk.create(join(path, NAME));
      await write(file, encode({ firstId, nextId: firstId, records: [] }, 0), 0);
      await file.close();
      return;`,
  },
  {
    name: 'a short write is taken for a whole one',
    from: `if ((await file.write(bytes, position)) < bytes.length) throw new Error('the write was short');`,
    to: 'await file.write(bytes, position);',
  },
  {
    name: 'a failed sync is taken for a good one',
    from: SYNC,
    to: 'return file.sync().catch(() => undefined).then(() => bytes.length);',
  },
  {
    name: 'a failed sync is tried again',
    from: SYNC,
    to: 'return file.sync().catch(() => file.sync()).then(() => bytes.length);',
  },
  {
    name: 'no CRC is checked',
    from: ` || bytes.toString('latin1', start, start + 9) !== crcOf(json, start)`,
    to: '',
  },
  {
    name: 'a CRC is good in any place',
    from: '(wal.crc32(json) ^ position) >>> 0',
    to: '(wal.crc32(json) ^ (0 * position)) >>> 0',
  },
  {
    name: 'a torn tail is taken for rot',
    from: 'if (last === undefined ||',
    to: 'if (last === undefined || end < bytes.length ||',
  },
  {
    name: 'the last line is not written again when it is found',
    from: 'await write(file, bytes.subarray(start, end), start);',
    to: '',
  },
  {
    name: 'a batch is a line for each record',
    from: COMMIT,
    to: `const { firstId, nextId, records: batch } = change;
      if (batch.length === 0) end += await write(file, encode(change, end), end);
      for (const [i, data] of batch.entries()) {
        const one = { firstId, nextId: nextId - batch.length + i + 1, records: [data] };
        end += await write(file, encode(one, end), end);
      }`,
  },
  {
    name: 'truncates and trims are not written',
    from: COMMIT,
    to: `if (change.records.length > 0) ${COMMIT}`,
  },
  {
    name: 'truncates and trims are not synced',
    from: COMMIT,
    to: `if (change.records.length > 0) ${COMMIT}
      else end += await file.write(encode(change, end), end);`,
  },
  {
    name: 'a file is left open by close',
    from: 'close: () => file.close().finally(() => lock.release()),',
    to: 'close: () => lock.release(),',
  },
];
