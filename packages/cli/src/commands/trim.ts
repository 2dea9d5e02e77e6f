import type { Log } from '@wal/core';
import { withLog } from '../address/open-log.ts';
import { type Command, defineCommand } from '../command.ts';
import { confirm, YES_FLAG } from '../confirmation/confirm.ts';
import { JSON_FLAG, parseInteger } from '../option.ts';
import { describeExtent, describeIds, extentOf } from '../output/extent.ts';
import { ADDRESS, required } from '../parameter.ts';

export const trim: Command = defineCommand({
  name: 'trim',
  summary: 'discard the first records, for good',
  details:
    'Discards every id up to the one given, ids never written too: beyond its end the log is empty, and the next record gets the ' +
    'id after. Opens the log for writing, which takes a log in a bucket over from its writer.',
  parameters: { address: ADDRESS, 'discard-up-to': required('the last id to discard') },
  options: { yes: YES_FLAG, json: JSON_FLAG },
  examples: [
    { line: 'wal trim orders 1000', does: 'asks, then discards records 1 to 1000' },
    { line: 'wal trim orders 1000 --yes', does: 'does not ask' },
  ],
  async run({ parameters: { address, 'discard-up-to': given }, options }, surroundings) {
    const { stdout } = surroundings;
    const discardUpTo = parseInteger('<discard-up-to>', given, 0, Number.MAX_SAFE_INTEGER);
    // Looked at without disturbing its writer, and not created if it is not there.
    const consequence = await withLog(address, { readOnly: true }, surroundings, async ({ log }) =>
      describeTrim(log, address, discardUpTo),
    );
    if (!options.yes && consequence !== undefined) await confirm(consequence, surroundings);
    await withLog(address, { readOnly: false }, surroundings, async ({ log }) => {
      await log.trim(discardUpTo);
      const extent = extentOf(log);
      await stdout.line(options.json ? JSON.stringify(extent) : describeExtent(extent));
    });
    return undefined;
  },
});

/** What a trim destroys; `undefined` if that is nothing. */
function describeTrim(log: Log, address: string, discardUpTo: number): string | undefined {
  const { firstId, lastId, nextId } = log;
  const skipped =
    discardUpTo >= nextId ? `, and the next record gets the id ${discardUpTo + 1}` : '';
  if (firstId === undefined || lastId === undefined || firstId > discardUpTo) {
    return skipped === '' ? undefined : `${address}: nothing is lost${skipped}`;
  }
  const gone = describeIds(firstId, Math.min(lastId, discardUpTo));
  return `${address}: ${gone} will be gone for good${skipped}`;
}
