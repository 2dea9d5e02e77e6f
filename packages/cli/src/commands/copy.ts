import { type Command, defineCommand } from '../command.ts';
import { flag, JSON_FLAG } from '../option.ts';
import { describeIds } from '../output/extent.ts';
import { required } from '../parameter.ts';
import { bytesText, recordsText } from '../progress/quantity.ts';
import { type CopyResult, copyLog } from '../transfer/copy-log.ts';

export const copy: Command = defineCommand({
  name: 'copy',
  summary: 'copy a log to another place, of any kind',
  details:
    'Reads FROM beside its writer, up to the record that is its last at the start. Ids and metadata stay the same. A log that is not ' +
    'there is created. A log that is a beginning of FROM is gone on with, behind its last record: a copy that was ended, in any way, ' +
    'goes on when the same command is run again. Any other log is refused, and stays as it is.',
  parameters: {
    from: required('the log to read: a directory, file:PATH or s3://BUCKET/PREFIX'),
    to: required('the log to write: likewise'),
  },
  options: {
    verify: flag('--verify', 'compare all records of both logs at the end, byte for byte'),
    quiet: flag('-q, --quiet', 'print nothing'),
    json: JSON_FLAG,
  },
  examples: [
    { line: 'wal copy orders s3://bucket/orders', does: 'from a disk into a bucket' },
    { line: 'wal copy s3://bucket/orders restored --verify', does: 'back, and compared' },
  ],
  async run({ parameters: { from, to }, options: { verify, quiet, json } }, surroundings) {
    const request = { from, to, isVerifying: verify, showsProgress: !quiet && !json };
    const result = await copyLog(request, surroundings);
    if (quiet) return;
    await surroundings.stdout.write(json ? jsonText(result) : resultText(to, result));
  },
});

function resultText(
  to: string,
  { records, dataBytes, lastId, nextId, compared }: CopyResult,
): string {
  const lines = [
    lastId === undefined
      ? `nothing to copy: ${to} goes on with record ${nextId}`
      : `copied ${describeIds(lastId - records + 1, lastId)}: ${recordsText(records)}, ${bytesText(dataBytes)}`,
  ];
  if (compared !== undefined) {
    const { from, through } = compared;
    lines.push(
      through < from ? 'no records to compare' : `compared ${describeIds(from, through)}: the same`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function jsonText({ records, dataBytes, lastId, nextId, compared }: CopyResult): string {
  const firstId = lastId === undefined ? undefined : lastId - records + 1;
  const range =
    compared !== undefined && compared.from <= compared.through
      ? { firstId: compared.from, lastId: compared.through }
      : undefined;
  return `${JSON.stringify({ records, dataBytes, firstId, lastId, nextId, compared: range })}\n`;
}
