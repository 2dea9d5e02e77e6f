import { type Address, parseAddress } from '../address/address.ts';
import { withLog } from '../address/open-log.ts';
import { type Command, defineCommand } from '../command.ts';
import { UsageError } from '../failure/usage-error.ts';
import { drawBar, drawLegend } from '../inspection/bar.ts';
import { bucketParts } from '../inspection/bucket-parts.ts';
import { directoryParts } from '../inspection/directory-parts.ts';
import type { LogPart, PartState } from '../inspection/part.ts';
import { JSON_FLAG } from '../option.ts';
import { drawTable } from '../output/table.ts';
import { ADDRESS } from '../parameter.ts';
import { bytesText } from '../progress/quantity.ts';

export const segments: Command = defineCommand({
  name: 'segments',
  summary: 'list what a log is stored in, and draw what of it is live',
  details:
    'The segments of a directory, or the objects of a bucket. Live is what the log needs; trimmed and superseded is what it does not ' +
    'need any more, and removes when it can. The ids are those that the log has there.',
  parameters: { address: ADDRESS },
  options: { json: JSON_FLAG },
  examples: [
    { line: 'wal segments orders', does: 'a table, with a bar for each segment' },
    { line: 'wal segments s3://bucket/orders --json', does: 'a line of JSON for each object' },
  ],
  async run({ parameters: { address }, options: { json } }, { stdout, style, env }) {
    const parts = await partsOf(address, parseAddress(address), env);
    if (json) {
      for (const part of parts) await stdout.line(JSON.stringify(part));
      return undefined;
    }
    const largest = parts.reduce((most, { bytes }) => Math.max(most, bytes), 0);
    const rows = parts.map((part) => [
      part.name,
      part.kind,
      `${part.firstId ?? '-'}`,
      `${part.lastId ?? '-'}`,
      bytesText(part.bytes),
      part.state,
      drawBar(part, largest, style),
    ]);
    const table = drawTable(
      [
        { title: 'name' },
        { title: 'kind' },
        { title: 'first id', align: 'right' },
        { title: 'last id', align: 'right' },
        { title: 'bytes', align: 'right' },
        { title: 'state' },
        { title: '' },
      ],
      rows,
    );
    for (const line of table) await stdout.line(line);
    await stdout.line(`\n${drawLegend(style)}   ${totals(parts)}`);
    return undefined;
  },
});

async function partsOf(
  address: string,
  where: Address,
  env: NodeJS.ProcessEnv,
): Promise<readonly LogPart[]> {
  if (where.kind === 'bucket') return await bucketParts(where, env);
  return await withLog(where, { readOnly: true }, env, async (opened) => {
    if (opened.backend === 'fslog') return await directoryParts(opened.log);
    throw new UsageError(`'${address}': a log in memory has no segments`);
  });
}

function totals(parts: readonly LogPart[]): string {
  const bytesOf = (state: PartState): string =>
    bytesText(parts.reduce((sum, part) => sum + (part.state === state ? part.bytes : 0), 0));
  const states = ['live', 'trimmed', 'superseded'] as const;
  return `(${states.map((state) => `${bytesOf(state)} ${state}`).join(', ')})`;
}
