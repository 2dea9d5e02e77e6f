import { type Command, defineCommand } from '../command.ts';
import { UsageError } from '../failure/usage-error.ts';
import { flag, JSON_FLAG } from '../option.ts';
import { describeIds } from '../output/extent.ts';
import { ADDRESS, optional } from '../parameter.ts';
import { type ImportResult, importLog } from '../portable/import-log.ts';
import { bytesText, recordsText } from '../progress/quantity.ts';

export const importCommand: Command = defineCommand({
  name: 'import',
  summary: 'append what `wal export` has written to a log',
  details:
    'A log that is not there is created, with the ids and the metadata of the stream. To one that is there only the records behind its ' +
    'last are added; those that it has are compared, and none is added twice. A stream that leaves a gap, or has other records, is ' +
    'refused. Of one that is cut or damaged everything before that is added, in whole batches.',
  parameters: { address: ADDRESS, file: optional('what to read; - or none is stdin') },
  options: { quiet: flag('-q, --quiet', 'print nothing'), json: JSON_FLAG },
  examples: [
    { line: 'wal import orders orders.wal', does: 'from a file' },
    { line: 'wal export orders | wal import s3://bucket/orders', does: 'from a pipe' },
  ],
  async run({ parameters: { address, file }, options: { quiet, json } }, surroundings) {
    const path = file === '-' ? undefined : file;
    if (path === undefined && surroundings.stdin.isTTY === true) {
      throw new UsageError('nothing to import from a terminal: give a file, or a pipe');
    }
    const request = { address, file: path, showsProgress: !quiet && !json };
    const result = await importLog(request, surroundings);
    if (quiet) return;
    await surroundings.stdout.write(json ? jsonText(result) : resultText(address, result));
  },
});

function resultText(
  address: string,
  { records, dataBytes, lastId, nextId, compared: { from, through } }: ImportResult,
): string {
  const were = through < from ? '' : `${describeIds(from, through)} there already, and the same\n`;
  if (lastId === undefined)
    return `${were}nothing to import: ${address} goes on with record ${nextId}\n`;
  const added = describeIds(lastId - records + 1, lastId);
  return `${were}imported ${added}: ${recordsText(records)}, ${bytesText(dataBytes)}\n`;
}

function jsonText({ records, dataBytes, lastId, nextId, compared }: ImportResult): string {
  const firstId = lastId === undefined ? undefined : lastId - records + 1;
  const { from, through } = compared;
  const range = through < from ? undefined : { firstId: from, lastId: through };
  return `${JSON.stringify({ records, dataBytes, firstId, lastId, nextId, compared: range })}\n`;
}
