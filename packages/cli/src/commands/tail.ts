import { withLog } from '../address/open-log.ts';
import { type Command, defineCommand } from '../command.ts';
import { choice, flag, integer } from '../option.ts';
import { printRecords } from '../output/print-records.ts';
import { OUTPUT_FORMAT_HELP, OUTPUT_FORMATS } from '../output/record-format.ts';
import { ADDRESS } from '../parameter.ts';

export const tail: Command = defineCommand({
  name: 'tail',
  summary: 'print the last records, and with --follow those to come',
  details: 'Reads beside a writer, and does not disturb it. Ctrl-C ends following.',
  parameters: { address: ADDRESS },
  options: {
    lines: integer('-n, --lines <count>', 'how many records', { min: 0, initial: 10 }),
    follow: flag('-f, --follow', 'wait for records yet to come, and print each once it is durable'),
    format: choice('--format <format>', OUTPUT_FORMAT_HELP, OUTPUT_FORMATS, 'line'),
    json: flag('--json', 'the same as --format json'),
  },
  examples: [
    { line: 'wal tail orders', does: 'the last 10 records' },
    { line: 'wal tail orders -n 0 --follow', does: 'what is appended from now on' },
    {
      line: 'wal tail s3://bucket/orders -f --json',
      does: 'the same of a bucket, with ids',
    },
  ],
  async run({ parameters: { address }, options: { lines, follow, format, json } }, surroundings) {
    const { stdout, signal } = surroundings;
    await withLog(address, { readOnly: true }, surroundings, ({ log }) => {
      const start = Math.max(0, log.nextId - lines);
      // Without --follow: up to where the log ended when it was opened, so that it is no more than was asked for.
      const range = follow ? { start, follow } : { start, end: Math.max(0, log.nextId - 1) };
      return printRecords(log, { ...range, signal }, json ? 'json' : format, stdout);
    });
    return undefined;
  },
});
