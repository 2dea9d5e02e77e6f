import { type Address, parseAddress } from '../address/address.ts';
import { withLog } from '../address/open-log.ts';
import type { Asker } from '../address/unanswered-store.ts';
import { type Command, defineCommand } from '../command.ts';
import { UsageError } from '../failure/usage-error.ts';
import { drawBar, drawLegend } from '../inspection/bar.ts';
import { bucketParts } from '../inspection/bucket-parts.ts';
import { directoryParts } from '../inspection/directory-parts.ts';
import type { LogPart } from '../inspection/part.ts';
import { JSON_FLAG } from '../option.ts';
import { drawTable } from '../output/table.ts';
import { ADDRESS } from '../parameter.ts';
import { bytesText, countOf } from '../progress/quantity.ts';

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
  async run({ parameters: { address }, options: { json } }, surroundings) {
    const { stdout, style } = surroundings;
    const parts = await partsOf(address, parseAddress(address), surroundings);
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
    await stdout.line(`\n${drawLegend(parts, style)}\n${bytesLine(parts)}`);
    return undefined;
  },
});

async function partsOf(address: string, where: Address, asker: Asker): Promise<readonly LogPart[]> {
  if (where.kind === 'bucket') return await bucketParts(where, asker);
  return await withLog(where, { readOnly: true }, asker, async (opened) => {
    if (opened.backend === 'fslog') return await directoryParts(opened.log);
    throw new UsageError(
      `'${address}': a log in memory has no segments; give a directory, or s3://BUCKET/PREFIX`,
    );
  });
}

/** Space comes back a whole part at a time: a live one has all its bytes, whatever of its ids is trimmed. */
function bytesLine(parts: readonly LogPart[]): string {
  const bytesOf = (counted: readonly LogPart[]): number =>
    counted.reduce((sum, { bytes }) => sum + bytes, 0);
  const unneeded = parts.filter(({ state }) => state !== 'live');
  const thing = parts.every(({ kind }) => kind === 'segment') ? 'segment' : 'object';
  const all = `${bytesText(bytesOf(parts))} in ${countOf(parts.length, thing)}`;
  if (unneeded.length === 0) return `${all}, all needed`;
  const unneededCount = countOf(unneeded.length, thing);
  return `${all}; of those ${bytesText(bytesOf(unneeded))} in ${unneededCount} not needed any more`;
}
