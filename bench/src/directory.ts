import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';

const RECORD_BYTES = 256;
const MEASURED_MS = 3000;

/** How appends are made: so many at a time, each of so many records. */
interface Load {
  readonly callers: number;
  readonly batchRecords: number;
}

const LOADS: readonly Load[] = [
  { callers: 1, batchRecords: 1 },
  { callers: 64, batchRecords: 1 },
  { callers: 1024, batchRecords: 1 },
  { callers: 1, batchRecords: 1000 },
  { callers: 8, batchRecords: 1000 },
];

/** Durable appends to a log on a real disk, and a scan of what they wrote. */
export async function benchDirectory(parent: string): Promise<void> {
  const folder = await mkdtemp(join(parent, 'wal-bench-'));
  console.log(`\nfslog in ${parent}, records of ${RECORD_BYTES} bytes, each append synced`);
  try {
    for (const [i, load] of LOADS.entries()) await benchLoad(join(folder, `log-${i}`), load);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchLoad(directory: string, { callers, batchRecords }: Load): Promise<void> {
  const record = new Uint8Array(RECORD_BYTES).fill(0xa5);
  const batch = Array.from({ length: batchRecords }, () => record);
  await using log = await openFsLog(directory);
  await log.append(batch); // The first makes the segment.
  const startedAt = performance.now();
  let appended = 0;
  const append = async (): Promise<void> => {
    while (performance.now() - startedAt < MEASURED_MS) {
      await log.append(batch);
      appended += batchRecords;
    }
  };
  await Promise.all(Array.from({ length: callers }, append));
  const rate = perSecond(appended, startedAt);
  print(`append, ${callers} at a time, ${batchRecords} records each`, rate);
  if (callers * batchRecords < 1000) return;

  const scannedAt = performance.now();
  const records = log.iterator();
  let scanned = 0;
  for (let run = await records.nextBatch(); run.length > 0; run = await records.nextBatch()) {
    scanned += run.length;
  }
  if (scanned !== appended + batchRecords) throw new Error(`scanned ${scanned} of ${appended}`);
  print(`scan of ${scanned.toLocaleString('en-US')}`, perSecond(scanned, scannedAt));
}

function perSecond(count: number, startedAt: number): number {
  return (count / (performance.now() - startedAt)) * 1000;
}

function print(label: string, rate: number): void {
  console.log(`  ${label.padEnd(45)} ${Math.round(rate).toLocaleString('en-US')} records/s`);
}
