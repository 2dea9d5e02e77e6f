import { relative } from 'node:path';
import type { PeerNote } from '../contenders/peers.ts';
import type { LeftOut } from '../contenders/third-party.ts';
import type { ChosenDisk } from '../disk/chosen-disk.ts';
import type { CheckedBar } from './bar.ts';
import { compareFigures } from './compare.ts';
import { formatNumber, formatUnit } from './format-number.ts';
import type { Machine } from './machine.ts';
import type { Result } from './result.ts';
import { printTable } from './table.ts';

export function printStart(
  machine: Machine,
  disk: ChosenDisk,
  peers: readonly PeerNote[],
  leftOut: readonly LeftOut[],
): void {
  const { cpu, cores, memoryGiB, kernel } = machine;
  console.log(`${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}, Node ${process.versions.node}`);
  console.log(
    `The disk is ${disk.device}, ${disk.type}, mounted at ${disk.mount}; ` +
      `${formatNumber(disk.freeBytes / 1e9)} GB are free.`,
  );
  for (const { name, durable, note } of peers) {
    if (note !== undefined) console.log(`${name}: ${durable}; ${note}`);
  }
  for (const { name, reason } of leftOut) console.log(`Left out: ${name}: ${reason}`);
}

export function printBars(bars: readonly CheckedBar[]): void {
  if (bars.length === 0) return;
  const rows = bars.map(({ name, sense, target, unit, measured, reached }) => [
    name,
    `${sense} ${formatUnit(target, unit)}`,
    formatUnit(measured, unit),
    reached ? 'reached' : 'SHORT',
  ]);
  printTable('bars', [['', 'bar', 'measured', ''], ...rows]);
}

export function printComparison(before: Result, now: Result): void {
  const rows = compareFigures(before.figures, now.figures).map((one) => [
    one.key,
    formatNumber(one.before),
    formatNumber(one.now),
    `${one.ratio.toFixed(2)} ×`,
  ]);
  printTable(`compared with ${before.date}`, [['', 'then', 'now', 'now by then'], ...rows]);
}

export function printFileName(path: string, seconds: number): void {
  console.log(`\n${seconds} s; the result is in ${relative(process.cwd(), path)}`);
}
