import type { AppendResult } from '@wal/core';
import { withLog } from '../address/open-log.ts';
import { AppendPipeline } from '../append/append-pipeline.ts';
import { batchesOf } from '../append/batches.ts';
import { type Command, defineCommand } from '../command.ts';
import { CommandError } from '../failure/command-error.ts';
import { explain } from '../failure/explain.ts';
import { Interrupted } from '../failure/interrupted.ts';
import { refuseUnreadable } from '../input/input-file.ts';
import { readRecords } from '../input/read-records.ts';
import { INPUT_FORMATS } from '../input/record-splitter.ts';
import { choice, flag, integer, JSON_FLAG } from '../option.ts';
import { BrokenPipe } from '../output/output.ts';
import { ADDRESS, several } from '../parameter.ts';

const MIB = 1024 * 1024;

export const append: Command = defineCommand({
  name: 'append',
  summary: 'append records, and print the id of each once it is durable',
  details:
    'Reads stdin, or the files. A log that is not there is created. An id is printed when its record is durable, and not before. ' +
    'After a failure, and after Ctrl-C, the log holds a beginning of the input, all of which has been printed.',
  parameters: { address: ADDRESS, files: several('what to read; - is stdin') },
  options: {
    format: choice(
      '--format <format>',
      'what a record is: a line, what a NUL ends, a line of JSON, or what follows its length (4 bytes, little-endian)',
      INPUT_FORMATS,
      'line',
    ),
    batch: integer('-b, --batch <count>', 'append so many records at a time, all or nothing', {
      min: 1,
      max: 1_000_000,
      initial: 1,
    }),
    maxRecordBytes: integer('--max-record-bytes <bytes>', 'the longest record to take', {
      min: 1,
      max: 64 * MIB,
      initial: MIB,
    }),
    quiet: flag('-q, --quiet', 'print no ids'),
    json: JSON_FLAG,
  },
  examples: [
    { line: 'echo created | wal append orders', does: 'a record of 7 bytes' },
    { line: 'wal append orders day1.jsonl --format json --batch 100', does: '100 lines at a time' },
    {
      line: 'find . -print0 | wal append s3://bucket/files --format nul',
      does: 'a log in a bucket',
    },
  ],
  async run({ parameters: { address, files }, options }, surroundings) {
    const { stdin, stdout, stderr, signal } = surroundings;
    const { format, batch, maxRecordBytes, quiet, json } = options;
    const settings = { readOnly: false, maxRecordBytes };
    // Before a log is created for what is not there.
    for (const file of files) if (file !== '-') await refuseUnreadable(file);
    await withLog(address, settings, surroundings, async ({ log }) => {
      let count = 0;
      let lastId: number | undefined;
      const pipeline = new AppendPipeline(log, async (result) => {
        count += result.lastId - result.firstId + 1;
        lastId = result.lastId;
        if (!quiet) await stdout.write(json ? jsonLine(result) : idLines(result));
      });
      const whileReading = AbortSignal.any([signal, pipeline.failed]);
      const source = { files, stdin, format, maxRecordBytes, signal: whileReading };
      let failure: unknown;
      try {
        for await (const records of batchesOf(readRecords(source), batch)) {
          await pipeline.add(records);
        }
      } catch (error) {
        failure = error;
      }
      // What is under way is waited for, also after Ctrl-C: it is in the log, and its ids are to be printed.
      await pipeline.finish().catch((error: unknown) => {
        failure = error;
      });
      if (failure === undefined) return;
      const done =
        lastId === undefined ? 'nothing was appended' : `${count} appended, the last is ${lastId}`;
      if (failure instanceof Interrupted) await stderr.line(`wal: ${failure.message} (${done})`);
      if (failure instanceof Interrupted || failure instanceof BrokenPipe) throw failure;
      const { line, exitCode } = explain(failure);
      throw new CommandError(`${line} (${done})`, exitCode, failure);
    });
    return undefined;
  },
});

function idLines({ firstId, lastId }: AppendResult): string {
  let text = '';
  for (let id = firstId; id <= lastId; id++) text += `${id}\n`;
  return text;
}

function jsonLine({ firstId, lastId }: AppendResult): string {
  return `${JSON.stringify({ firstId, lastId })}\n`;
}
