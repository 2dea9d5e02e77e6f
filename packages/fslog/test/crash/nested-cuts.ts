import { isChange, SimDisk, SimRandom, type SimStorage, type Spares } from '@wal/conformance';
import type { FsLog } from '@wal/fslog';

/** What a power cut has left while a log was being opened, and before which call. */
export interface NestedCut {
  readonly call: number;
  readonly left: SimStorage;
}

type Open = (disk: SimDisk) => Promise<FsLog>;

/** Opens the log, and cuts the power before each change that this makes, with the change in flight. */
export async function cutsWhileOpening(
  open: Open,
  storage: SimStorage,
  seed: number,
): Promise<NestedCut[]> {
  const cuts: NestedCut[] = [];
  const cut = (call: number): void => {
    cuts.push({ call, left: storage.afterPowerLoss(new SimRandom(seed ^ call), disk.inFlight) });
  };
  const disk = new SimDisk(storage, {
    gate: (call) => (isChange(call) ? Promise.resolve().then(() => cut(call.number)) : undefined),
  });
  giveRoom(storage);
  await open(disk);
  cut(Number.POSITIVE_INFINITY);
  disk.kill();
  return cuts;
}

/** What the power cut before this one call of an opening leaves. */
export async function cutAtCall(
  open: Open,
  storage: SimStorage,
  call: number,
  seed: number,
  spares: Spares | undefined,
): Promise<SimStorage> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const disk = new SimDisk(storage, {
    gate: (made) => {
      if (made.number !== call) return isChange(made) ? Promise.resolve() : undefined;
      stop();
      return new Promise(() => undefined);
    },
  });
  giveRoom(storage);
  await Promise.race([stopped, open(disk)]);
  const inner =
    spares && ((loss: string): boolean => spares(`at call ${call} of opening: ${loss}`));
  const left = storage.afterPowerLoss(new SimRandom(seed ^ call), disk.inFlight, inner);
  disk.kill();
  return left;
}

/** A log that exists opens without any space; only a new one needs some. */
export function giveRoom(storage: SimStorage): void {
  if (!hasLog(storage)) storage.capacityBytes = Number.POSITIVE_INFINITY;
}

function hasLog(storage: SimStorage): boolean {
  if (!storage.has('/log/META')) return false;
  const names = [...storage.directory('/log/META', 'scandir').names.keys()];
  return names.some((name) => !name.endsWith('.new'));
}
