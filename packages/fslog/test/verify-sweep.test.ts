import { SimDisk } from '@wal/conformance';
import { type VerifyReport, verifyFsLog } from '@wal/fslog';
import { describe, expect, it } from 'vitest';
import { DAMAGES, type Damage, damaged, placesOf } from './verification/damages.ts';
import {
  DIRECTORY,
  type Ending,
  readLog,
  type SmallLog,
  smallLog,
} from './verification/small-log.ts';

const { CRASH_SCALE = '1' } = process.env;
/** Not every byte is damaged, unless there is time. */
const STRIDE = Number(CRASH_SCALE) > 1 ? 1 : 5;
const ENDINGS: readonly Ending[] = ['closed', 'killed', 'killed, preallocated'];
const timeout = 10 ** 7;

/** Throws unless the report says of a damaged log what opening and reading it says. */
async function expectAgreement(log: SmallLog, ending: Ending, damage: Damage): Promise<boolean> {
  const storage = damaged(log.storage, damage);
  const disk = new SimDisk(storage);
  const before = storage.fingerprint();
  const report = await verifyFsLog(DIRECTORY, { disk });
  expect(storage.fingerprint()).toBe(before);
  expect(disk.openFiles).toBe(0);
  const reading = await readLog(storage);
  const says = JSON.stringify(report.problems, undefined, 1);
  expect(report.isReadable, `${reading.error} ${says}`).toBe(reading.isReadable);
  const isLost = (id: number): boolean =>
    report.lost.some(({ firstId, lastId }) => id >= firstId && id <= (lastId ?? id));
  const isTold = report.doubts.length === 0;
  for (const [id, data] of reading.records) {
    expect(Buffer.compare(data, log.records.get(id) as Uint8Array), `record ${id}`).toBe(0);
    expect(isLost(id), `record ${id} is there ${says}`).toBe(false);
  }
  if (reading.isReadable) {
    expect(report.lost).toEqual([]);
    expect(report.records).toBe(reading.records.size);
    expect([report.firstId, report.nextId]).toEqual([reading.firstId, reading.nextId]);
  }
  if (isTold) expect(report.firstId).toBe(log.firstId);
  if (!report.isReadable && damage.length === 1) expectPlaces(log, damage[0] as Damage[0], report);
  // What nothing proves durable may be gone from the end of a log that was not closed, and only from there.
  if (isTold && ending === 'closed') expect(report.nextId).toBe(log.nextId);
  return report.isReadable;
}

/** Where one file is damaged, every problem is there, and the first begins no later than the damage. */
function expectPlaces(log: SmallLog, [path, bytes]: Damage[0], report: VerifyReport): void {
  const original = log.storage.files(DIRECTORY).get(path) as Uint8Array;
  const at = bytes === undefined ? 0 : original.findIndex((byte, i) => byte !== bytes[i]);
  const grave = report.problems.filter(({ severity }) => severity !== 'note');
  for (const { kind, segment } of grave) {
    // What is missing has no name but the tail, and META is named by its file or as a whole.
    if (segment !== undefined && !kind.startsWith('meta')) expect(path).toContain(segment);
  }
  const [first] = grave;
  // Of two changes the first may be to padding, which means nothing.
  const last = original.findLastIndex((byte, i) => byte !== bytes?.[i]);
  const isCut = bytes?.length !== original.length;
  expect(first?.byteOffset ?? 0).toBeLessThanOrEqual(isCut ? at : last);
  if (grave.length > 1 || isCut || first?.kind !== 'batch') return;
  const end = (first.byteOffset as number) + (first.bytes as number);
  expect(end).toBeGreaterThan(at);
}

describe.each(ENDINGS)('verify agrees with what opens and reads: a log that was %s', (ending) => {
  it('when nothing is wrong', async () => {
    const log = await smallLog(ending);
    expect(await expectAgreement(log, ending, [])).toBe(true);
  });

  it.each(DAMAGES)('%s', { timeout }, async (_, damages) => {
    const log = await smallLog(ending);
    const files = [...log.storage.files(DIRECTORY)];
    let count = 0;
    let refused = 0;
    for (const damage of damages(files, STRIDE)) {
      const isReadable = await expectAgreement(log, ending, damage).catch((error: unknown) => {
        const places = placesOf(log.storage, damage);
        throw new Error(`${places}: ${(error as Error).message}`, { cause: error });
      });
      count++;
      if (!isReadable) refused++;
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(count);
  });
});
