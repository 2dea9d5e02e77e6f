import { withLog } from '../address/open-log.ts';
import { type Command, defineCommand } from '../command.ts';
import { choice, flag, recordId } from '../option.ts';
import { printRecords } from '../output/print-records.ts';
import { OUTPUT_FORMAT_HELP, OUTPUT_FORMATS } from '../output/record-format.ts';
import { ADDRESS } from '../parameter.ts';

export const cat: Command = defineCommand({
  name: 'cat',
  summary: 'print records',
  details:
    'Reads beside a writer, and does not disturb it. Ends at the last record that is durable.',
  parameters: { address: ADDRESS },
  options: {
    from: recordId('--from <id>', 'the first record to print (default: the first there is)'),
    to: recordId('--to <id>', 'the last record to print (default: the last there is)'),
    format: choice('--format <format>', OUTPUT_FORMAT_HELP, OUTPUT_FORMATS, 'line'),
    json: flag('--json', 'the same as --format json'),
  },
  examples: [
    { line: 'wal cat orders', does: 'all of it, a record a line' },
    {
      line: 'wal cat orders --from 100 --to 199 --json',
      does: '100 records, with their ids',
    },
    {
      line: 'wal cat orders --format length | wal append copy --format length',
      does: 'any bytes, unchanged',
    },
  ],
  async run({ parameters: { address }, options: { from, to, format, json } }, surroundings) {
    const { stdout, signal } = surroundings;
    await withLog(address, { readOnly: true }, surroundings, ({ log }) =>
      printRecords(log, { start: from, end: to, signal }, json ? 'json' : format, stdout),
    );
    return undefined;
  },
});
