import { Socket } from 'node:net';
import { type Command, defineCommand } from '../command.ts';
import { UsageError } from '../failure/usage-error.ts';
import { flag, JSON_FLAG, recordId } from '../option.ts';
import { describeIds } from '../output/extent.ts';
import { ADDRESS, optional } from '../parameter.ts';
import { type ExportResult, exportLog } from '../portable/export-log.ts';
import { openPartFile } from '../portable/part-file.ts';
import { bytesText } from '../progress/quantity.ts';

export const exportCommand: Command = defineCommand({
  name: 'export',
  summary: 'write a log as one stream of bytes, to a file or stdout',
  details:
    'The stream is in the segment format, with a CRC for each batch, and carries ids and metadata; `wal import` reads it. A file gets ' +
    'its name once it is whole and on the disk; until then it is FILE.part. Reads beside a writer, up to the record that is the last ' +
    'one at the start. After Ctrl-C the stream ends as it should, only earlier.',
  parameters: { address: ADDRESS, file: optional('where to write; - or none is stdout') },
  options: {
    from: recordId('--from <id>', 'the first record to write (default: the first there is)'),
    to: recordId('--to <id>', 'the last record to write (default: the last there is)'),
    quiet: flag('-q, --quiet', 'print nothing'),
    json: JSON_FLAG,
  },
  examples: [
    { line: 'wal export orders orders.wal', does: 'a backup in a file' },
    { line: 'wal export orders | ssh other wal import orders', does: 'to another host' },
    { line: 'wal export orders | zstd > orders.wal.zst', does: 'compressed' },
  ],
  async run({ parameters: { address, file }, options }, surroundings) {
    const { from, to, quiet, json } = options;
    const { stdout } = surroundings;
    const path = file === '-' ? undefined : file;
    if (path === undefined && json)
      throw new UsageError('--json needs a file: stdout has the stream');
    if (path === undefined && stdout.isTerminal) {
      throw new UsageError('a stream of bytes is not for a terminal: give a file, or a pipe');
    }
    const howToGoOn = (nextId: number): string =>
      path === undefined ? `go on with --from ${nextId}` : 'the same command goes on from there';
    // Behind a pipe there may be another bar.
    const isPipe = path === undefined && stdout.stream instanceof Socket;
    const showsProgress = !quiet && !json && !isPipe;
    const request = { address, from, to, showsProgress, howToGoOn };
    if (path === undefined) {
      const sink = {
        nextId: undefined,
        write: (bytes: Uint8Array) => stdout.write(bytes),
        finish: async () => undefined,
        close: async () => undefined,
      };
      await exportLog(request, async () => sink, surroundings);
      return;
    }
    const open: Parameters<typeof exportLog>[1] = (log, range) => openPartFile(path, log, range);
    const result = await exportLog(request, open, surroundings);
    if (!quiet) await stdout.line(json ? jsonText(result) : resultText(path, result));
  },
});

function resultText(path: string, { range: { from, through }, bytes }: ExportResult): string {
  // A part that was whole needs no byte more.
  const none = bytes === 0 ? 'no more records' : 'no records';
  const what = through < from ? none : describeIds(from, through);
  return `exported ${what} to ${path}: ${bytesText(bytes)}`;
}

function jsonText({ range: { from, through }, bytes }: ExportResult): string {
  const ids = through < from ? {} : { firstId: from, lastId: through };
  return JSON.stringify({ records: Math.max(0, through - from + 1), ...ids, bytes });
}
