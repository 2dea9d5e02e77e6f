import type { KeptSide, RepairResult, VerifyReport } from '@wal/fslog';
import { parseAddress } from '../address/address.ts';
import { type Command, defineCommand } from '../command.ts';
import { confirm, YES_FLAG } from '../confirmation/confirm.ts';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { UsageError } from '../failure/usage-error.ts';
import { choice, JSON_FLAG } from '../option.ts';
import { describeIds } from '../output/extent.ts';
import { required } from '../parameter.ts';
import { printReport } from '../verification/print-report.ts';

export const repair: Command = defineCommand({
  name: 'repair',
  summary: 'set a damaged log in a directory right',
  details:
    'What costs no record is set right without asking. Where records are lost, it asks: ids have no gaps, so one side goes with ' +
    'them. Whatever is removed or overwritten is copied first, to a folder beside the log. A log in use is not touched: exit code 4.',
  parameters: { directory: required('the log: a directory or file:PATH') },
  options: {
    keep: choice(
      '--keep <side>',
      'which records stay where some are lost: those before the first, or those after the last',
      ['before', 'after'],
      'before',
    ),
    yes: YES_FLAG,
    json: JSON_FLAG,
  },
  examples: [
    { line: 'wal repair orders', does: 'lists what is wrong, and asks if records go' },
    { line: 'wal repair orders --keep after --yes', does: 'what follows the last loss stays' },
  ],
  async run({ parameters: { directory }, options: { keep, yes, json } }, surroundings) {
    const { stdout, style, signal } = surroundings;
    const where = parseAddress(directory);
    if (where.kind !== 'directory') {
      const message = `'${directory}' is no directory: what is lost in a bucket is restored from its versions or a copy`;
      throw new UsageError(message);
    }
    const { verifyFsLog, repairFsLog } = await import('@wal/fslog');
    const report = await verifyFsLog(where.path, { signal });
    if (!json) await printReport(report, stdout, style);
    if (!yes && report.problems.some(({ severity }) => severity === 'loss')) {
      await confirm(describeLoss(report, keep, directory), surroundings);
    }
    const result = await repairFsLog(where.path, { accept: report, keep, signal });
    if (json) await stdout.line(JSON.stringify(result));
    else await stdout.line(describeResult(result));
    if (result.remaining.length === 0) return EXIT.done;
    throw new CommandError('new losses were found meanwhile: run it again', EXIT.damaged);
  },
});

function describeLoss({ lost, nextId, doubts }: VerifyReport, keep: KeptSide, log: string): string {
  const [first, last] = [lost[0], lost.at(-1)];
  if (first === undefined || last === undefined) {
    return `${log}: its state is put together from its segments (${doubts.join('; ')})`;
  }
  if (keep === 'before') {
    const end = last.lastId === undefined ? undefined : Math.max(last.lastId, nextId - 1);
    return `${log}: ${describeIds(first.firstId, end)} will be gone, those before stay`;
  }
  if (last.lastId === undefined)
    return `${log}: all records will be gone: nothing is known to be behind the loss`;
  return `${log}: records up to ${last.lastId} will be gone, those behind stay`;
}

function describeResult({ found, gone, copies }: RepairResult): string {
  if (copies === undefined && found.isReadable) return 'nothing to repair';
  const ranges = gone.map(({ firstId, lastId }) => describeIds(firstId, lastId));
  const what = ranges.length === 0 ? 'no record is gone' : `gone: ${ranges.join(', ')}`;
  return copies === undefined ? `repaired: ${what}` : `repaired: ${what}; copies are in ${copies}`;
}
