import type { LogProblem, ProblemSeverity, VerifyReport } from '@wal/fslog';
import { describeIds } from '../output/extent.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { bytesText, countOf, recordsText } from '../progress/quantity.ts';

/** Prints what a verification of a directory found: a line for the log, and one for each problem. */
export async function printReport(
  report: VerifyReport,
  stdout: Output,
  style: Style,
): Promise<void> {
  const { segments, records, bytes, firstId, nextId, problems, lost, doubts } = report;
  const ids =
    nextId > firstId ? describeIds(firstId, nextId - 1) : `no records, the next is ${nextId}`;
  const size = `${countOf(segments.length, 'segment')}, ${bytesText(bytes)}`;
  await stdout.line(`${report.directory}: ${ids}; ${size}; ${recordsText(records)} intact`);
  for (const problem of problems) await stdout.line(describeProblem(problem, style));
  if (lost.length > 0) {
    const ranges = lost.map((range) => describeIds(range.firstId, range.lastId));
    await stdout.line(style.red(`lost: ${ranges.join(', ')}`));
  }
  for (const doubt of doubts) await stdout.line(style.yellow(`in doubt: ${doubt}`));
}

function describeProblem(problem: LogProblem, style: Style): string {
  const { severity, kind, segment, byteOffset, bytes, firstAffectedId, message } = problem;
  const place =
    segment === undefined
      ? ''
      : ` ${segment}${byteOffset === undefined ? '' : `, byte ${byteOffset}`}`;
  const length = bytes === undefined ? '' : `, ${bytesText(bytes)}`;
  const ids =
    firstAffectedId === undefined
      ? ''
      : ` (${describeIds(firstAffectedId, problem.lastAffectedId)})`;
  const where = place + length;
  return `${paint(severity, style)} ${kind}:${where === '' ? '' : `${where}:`} ${message}${ids}`;
}

function paint(severity: ProblemSeverity, style: Style): string {
  switch (severity) {
    case 'note':
      return style.dim(severity);
    case 'damage':
      return style.yellow(severity);
    case 'loss':
      return style.red(severity);
    case 'unsupported':
      return style.red(severity);
  }
}
