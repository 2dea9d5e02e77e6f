import { readState, type SimCall, SimDisk, SimStorage } from '@wal/conformance';
import { type FsLog, openFsLog } from '@wal/fslog';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newRecord } from './numbered-records.ts';
import { VirtualTimers } from './virtual-timers.ts';

const timers = new VirtualTimers();
/** More calls than an opening of this log makes. */
const MOST_CALLS = 100;
const ZEROED_BYTES = 1000;
const OPTIONS = { segmentBytes: 4096, preallocate: false } as const;

/** A process that waits before one of its calls, and goes on when it is let. */
class Process {
  readonly disk: SimDisk;
  readonly isThere: Promise<void>;
  release: () => void = () => undefined;

  /** `onCall` sees each call before it takes effect. */
  constructor(
    storage: SimStorage,
    isIt: (call: SimCall) => boolean,
    onCall: () => Promise<void> = async () => undefined,
  ) {
    let arrive: () => void = () => undefined;
    this.isThere = new Promise((resolve) => {
      arrive = resolve;
    });
    const released = new Promise<void>((resolve) => {
      this.release = resolve;
    });
    const gate = async (call: SimCall): Promise<void> => {
      await onCall();
      if (!isIt(call)) return;
      arrive();
      await released;
    };
    this.disk = new SimDisk(storage, { gate, stealsLock: true });
  }

  open(): Promise<FsLog> {
    return openFsLog('/log', { ...OPTIONS, disk: this.disk });
  }
}

/** The first segment's, of the log's first owner. */
const isTailWrite = ({ kind, path }: SimCall): boolean =>
  kind === 'write' && /^\/log\/0{9}1\w+-\w+\.wal$/.test(path);

/** What can go on does so, and takes effect. */
async function breathe(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * An owner's write lands in the middle of the recovery of the next one, who may take it for a torn tail, is stalled
 * before zeroing that, and does so in the middle of the recovery of a third, who has counted the write in.
 * @returns how far that came: whether the second was about to zero it, and whether the third was at work still.
 */
async function recoverBeside(
  isTrimmed: boolean,
  writeLandsAt: number,
  zeroesLandAt: number,
): Promise<{ isTorn: boolean; isBeside: boolean }> {
  const storage = new SimStorage();
  let isStalled = false;
  const owner = new Process(storage, (call) => isStalled && isTailWrite(call));
  const log = await owner.open();
  await log.append(newRecord(20));
  await breathe();
  timers.fire(); // Left alone it marks that record as durable: the next owner need not carry it over.
  await log.sync();
  if (isTrimmed) await log.trim(1); // Nothing is left that could be carried over.
  isStalled = true;
  const late = log.append(newRecord(ZEROED_BYTES)).catch(() => undefined);
  await owner.isThere;
  const isZeroing = (call: SimCall): boolean => isTailWrite(call) && call.length >= ZEROED_BYTES;
  const second = new Process(storage, isZeroing, at(writeLandsAt, owner));
  const settling = second.open().then(
    () => false,
    () => false,
  );
  const isTorn = await Promise.race([second.isThere.then(() => true), settling]);
  if (!isTorn) return { isTorn, isBeside: false };
  const third = new Process(storage, () => false, at(zeroesLandAt, second));
  const found = await readState(await third.open());
  expect([2, 3]).toContain(found.nextId);
  const isBeside = third.disk.calls > zeroesLandAt;
  second.release();
  await Promise.all([late, settling]);
  third.disk.kill();
  const last = new Process(storage, () => false);
  expect(await readState(await last.open())).toEqual(found);
  return { isTorn, isBeside };
}

/** Before its `n`th call another's goes on, and takes effect. */
function at(n: number, other: Process): () => Promise<void> {
  let calls = 0;
  return async () => {
    if (++calls !== n) return;
    other.release();
    await breathe();
  };
}

describe('an opener that was overtaken ends the tail where it ended for it', () => {
  beforeEach(() => timers.install());
  afterEach(() => timers.uninstall());

  it.each([false, true])(
    'OPEN-2 CRASH-2 at any call of whoever opens it next, all trimmed: %s',
    async (isTrimmed) => {
      let torn = 0;
      let beside = 0;
      for (let write = 1; write < MOST_CALLS; write++) {
        for (let zeroes = 1; zeroes < MOST_CALLS; zeroes++) {
          const { isTorn, isBeside } = await recoverBeside(isTrimmed, write, zeroes);
          if (!isTorn) break;
          torn++;
          if (isBeside) beside++;
        }
      }
      console.log(`zeroed late: ${torn}, beside an opener: ${beside}`);
      expect(beside).toBeGreaterThan(10);
    },
  );
});
