import type { VerifyReport } from '@wal/fslog';
import { type Address, parseAddress } from '../address/address.ts';
import { withLog } from '../address/open-log.ts';
import { type Command, defineCommand } from '../command.ts';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { JSON_FLAG } from '../option.ts';
import { extentOf } from '../output/extent.ts';
import { ADDRESS } from '../parameter.ts';
import { startProgress } from '../progress/progress.ts';
import { bytesText, recordsText } from '../progress/quantity.ts';
import type { Surroundings } from '../surroundings.ts';
import { printReport } from '../verification/print-report.ts';
import { readThrough } from '../verification/read-through.ts';

export const verify: Command = defineCommand({
  name: 'verify',
  summary: 'read all of a log, and list what is wrong with it',
  details:
    'Changes nothing, and may run beside a writer. In a directory it goes on behind damage and lists all of it; what is a note is in ' +
    "nobody's way. In a bucket it reads every record, and ends at the first that does not check out. The exit code is 3 for a log " +
    'that does not open, or has records that cannot be read.',
  parameters: { address: ADDRESS },
  options: { json: JSON_FLAG },
  examples: [
    { line: 'wal verify orders', does: 'a line for each problem' },
    { line: 'wal verify orders --json | jq .lost', does: 'the ids that are lost' },
  ],
  async run({ parameters: { address }, options: { json } }, surroundings) {
    const where = parseAddress(address);
    return where.kind === 'directory'
      ? await verifyDirectory(address, where.path, json, surroundings)
      : await verifyRecords(address, where, json, surroundings);
  },
});

async function verifyDirectory(
  address: string,
  path: string,
  json: boolean,
  { stdout, stderr, style, signal }: Surroundings,
): Promise<number> {
  const { verifyFsLog } = await import('@wal/fslog');
  const progress = startProgress(stderr, {
    label: 'verify',
    unit: 'bytes',
    total: undefined,
    isWanted: !json,
  });
  const report = await verifyFsLog(path, {
    signal,
    onProgress: ({ bytesDone }) => progress.show(bytesDone),
  }).finally(() => progress.end());
  if (json) await stdout.line(JSON.stringify(report));
  else await printReport(report, stdout, style);
  if (report.isReadable) return EXIT.done;
  throw new CommandError(nextStep(report, address), EXIT.damaged);
}

function nextStep({ problems }: VerifyReport, address: string): string {
  const has = (severity: string): boolean => problems.some((each) => each.severity === severity);
  if (has('unsupported')) return 'some of the log is for a newer release: use that';
  if (has('loss')) return `records are lost: keep a copy, then see \`wal repair ${address}\``;
  return `the log is damaged, and no record is lost: run \`wal repair ${address}\``;
}

async function verifyRecords(
  address: string,
  where: Address,
  json: boolean,
  surroundings: Surroundings,
): Promise<number> {
  const { stdout, stderr, signal } = surroundings;
  await withLog(where, { readOnly: true }, surroundings, async ({ log }) => {
    const total = log.nextId - (log.firstId ?? log.nextId);
    const progress = startProgress(stderr, {
      label: 'verify',
      unit: 'records',
      total,
      isWanted: !json,
    });
    const read = await readThrough(log, signal, progress).finally(() => progress.end());
    const size = `${recordsText(read.records)} intact, ${bytesText(read.bytes)} of data`;
    await stdout.line(json ? JSON.stringify({ ...extentOf(log), ...read }) : `${address}: ${size}`);
  });
  return EXIT.done;
}
