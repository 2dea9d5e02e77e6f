import { newRecord, type TrackedLog } from './tracked-log.ts';

/** A short use of a log, every call of which is tried as the last. */
export type Script = (log: TrackedLog) => Promise<void>;

/** Calls one after the other, each awaited. */
async function each(log: TrackedLog, ...calls: readonly (() => void)[]): Promise<void> {
  for (const call of calls) {
    call();
    await log.settled();
  }
}

const one = (length = 40): Uint8Array[] => [newRecord(length)];
const three = (): Uint8Array[] => [newRecord(10), newRecord(0), newRecord(700)];

export const SCRIPTS: Readonly<Record<string, Script>> = {
  'appends and a batch': (log) =>
    each(
      log,
      () => log.append(one()),
      () => log.append(three()),
      () => log.append(one(1200)),
    ),
  'truncate and append again': (log) =>
    each(
      log,
      () => log.append(three()),
      () => log.truncate(2),
      () => log.append(one()),
      () => log.truncate(0),
      () => log.append(three()),
    ),
  'trim to the middle and beyond the end': (log) =>
    each(
      log,
      () => log.append(three()),
      () => log.trim(1),
      () => log.append(one()),
      () => log.trim(20),
      () => log.append(one()),
      () => log.truncate(20),
    ),
  'rolls by size and by hand': (log) =>
    each(
      log,
      () => log.append(one(2500)),
      () => log.append(one(2500)),
      () => log.roll(),
      () => log.append(one()),
      () => log.trim(2),
    ),
  'everything at once': async (log) => {
    log.append(one());
    log.append(three());
    log.truncate(3);
    log.append(one());
    log.trim(1);
    log.append(three());
    log.roll();
    log.append(one());
    log.sync();
    await log.settled();
  },
};
