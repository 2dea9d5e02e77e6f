import type { SimCall, SimErrorCode, SimFault, SimRandom, SimStorage } from '../sim-disk/index.ts';

const WRITE_ERRORS: readonly SimErrorCode[] = ['ENOSPC', 'UNKNOWN', 'EIO', 'EROFS'];
const OTHER_ERRORS: readonly SimErrorCode[] = ['EIO', 'EMFILE', 'ENOSPC', 'EROFS'];

const ALL_KINDS: readonly SimCall['kind'][] = [
  'write',
  'sync',
  'create',
  'open',
  'remove',
  'syncDirectory',
  'truncate',
  'size',
  'rename',
  'read',
  'list',
  'identify',
  'close',
  'makeDirectory',
  'link',
];

/** Answers a call with a fault, or with none. */
export type FaultAt = (call: SimCall) => SimFault | undefined;

/**
 * Errors at random calls: of one kind all the time, of all kinds, or a disk that is almost full as well. So many of
 * the syncs that fail leave what had grown unwritten for good.
 */
export function randomFaults(
  random: SimRandom,
  storage: SimStorage,
  fixedRate: number | undefined,
  unwrittenRate: number = 0,
): FaultAt {
  const rate = fixedRate ?? random.pick([0.003, 0.01, 0.05]);
  const drawn = random.pick<readonly SimCall['kind'][]>([
    ['write'],
    ['write', 'sync'],
    ['sync'],
    ['create', 'open', 'remove', 'syncDirectory'],
    ['read', 'list', 'identify', 'close', 'makeDirectory', 'link'],
    ALL_KINDS,
  ]);
  const kinds: typeof drawn = fixedRate === undefined ? drawn : ['write', 'sync'];
  if (random.chance(0.3)) storage.capacityBytes = usedBytes(storage) + random.integer(0, 12_000);
  return (call) => {
    if (!kinds.includes(call.kind) || !random.chance(rate)) return undefined;
    if (call.kind === 'sync') {
      return { error: random.pick(OTHER_ERRORS), leavesUnwritten: random.chance(unwrittenRate) };
    }
    if (call.kind !== 'write') return { error: random.pick(OTHER_ERRORS) };
    const writtenBytes = random.chance(0.2) ? call.length : random.integer(0, call.length);
    if (random.chance(0.3) && writtenBytes > 0) return { writtenBytes };
    return { error: random.pick(WRITE_ERRORS), writtenBytes };
  };
}

/** Has one read in four give less than there is, as any may: no error, and no reason to fail. */
export function shortReads(random: SimRandom): FaultAt {
  return ({ kind, length }) =>
    kind === 'read' && length > 1 && random.chance(0.25)
      ? { readBytes: random.integer(1, length - 1) }
      : undefined;
}

function usedBytes(storage: SimStorage): number {
  let used = 0;
  for (const bytes of storage.files().values()) used += bytes.length;
  return used;
}

const ERRORS: readonly SimErrorCode[] = ['EIO', 'ENOSPC', 'UNKNOWN', 'EMFILE', 'EROFS'];

/** What can go wrong at one call, by its name; `seed` varies it. */
export const FAULTS: Readonly<
  Record<string, (call: SimCall, seed: number) => SimFault | undefined>
> = {
  'an error, nothing done': (call, seed) => ({
    error: ERRORS[(call.number + seed) % ERRORS.length] as SimErrorCode,
  }),
  'an error, part of it written': ({ kind, length }, seed) =>
    kind === 'write'
      ? { error: seed % 2 === 0 ? 'ENOSPC' : 'EIO', writtenBytes: 1 + (seed % Math.max(1, length)) }
      : undefined,
  'an error, all of it written': ({ kind, length }) =>
    kind === 'write' ? { error: 'EIO', writtenBytes: length } : undefined,
  'a short write': ({ kind, length }, seed) =>
    kind === 'write' ? { writtenBytes: 1 + (seed % Math.max(1, length)) } : undefined,
};
