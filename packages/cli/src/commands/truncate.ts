import { withLog } from '../address/open-log.ts';
import { type Command, defineCommand } from '../command.ts';
import { confirm, YES_FLAG } from '../confirmation/confirm.ts';
import { JSON_FLAG, parseInteger } from '../option.ts';
import { describeExtent, describeIds, extentOf } from '../output/extent.ts';
import { ADDRESS, required } from '../parameter.ts';

export const truncate: Command = defineCommand({
  name: 'truncate',
  summary: 'remove the last records',
  details:
    'Removes every record with a higher id than the one given; their ids are used again. Opens the log for writing, which takes ' +
    'a log in a bucket over from its writer.',
  parameters: {
    address: ADDRESS,
    'last-to-keep': required('the last id to keep; -1 keeps none'),
  },
  options: { yes: YES_FLAG, json: JSON_FLAG },
  examples: [
    { line: 'wal truncate orders 1000', does: 'asks, then removes what comes after record 1000' },
    { line: 'wal truncate orders -1 --yes', does: 'removes all records, and does not ask' },
  ],
  async run({ parameters: { address, 'last-to-keep': given }, options }, surroundings) {
    const { stdout } = surroundings;
    const lastToKeep = parseInteger('<last-to-keep>', given, -1, Number.MAX_SAFE_INTEGER);
    // Looked at without disturbing its writer, and not created if it is not there.
    const consequence = await withLog(
      address,
      { readOnly: true },
      surroundings,
      async ({ log }) => {
        const { firstId, lastId } = log;
        if (firstId === undefined || lastId === undefined || lastId <= lastToKeep) return undefined;
        const gone = describeIds(Math.max(firstId, lastToKeep + 1), lastId);
        return `${address}: ${gone} will be gone for good`;
      },
    );
    if (!options.yes && consequence !== undefined) await confirm(consequence, surroundings);
    await withLog(address, { readOnly: false }, surroundings, async ({ log }) => {
      await log.truncate(lastToKeep);
      const extent = extentOf(log);
      await stdout.line(options.json ? JSON.stringify(extent) : describeExtent(extent));
    });
    return undefined;
  },
});
