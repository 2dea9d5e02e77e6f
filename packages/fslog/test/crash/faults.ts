import type {
  SimCall,
  SimDiskOptions,
  SimErrorCode,
  SimFault,
  SimRandom,
  SimStorage,
} from '@wal/conformance';

const WRITE_ERRORS: readonly SimErrorCode[] = ['ENOSPC', 'UNKNOWN', 'EIO', 'EROFS'];
const OTHER_ERRORS: readonly SimErrorCode[] = ['EIO', 'EMFILE', 'ENOSPC', 'EROFS'];

/**
 * Errors at random calls: of one kind all the time, of all kinds, or a disk that is almost full. None
 * while `isCalm` says so.
 */
export function faultsFor(
  random: SimRandom,
  storage: SimStorage,
  isCalm: () => boolean,
  fixedRate: number | undefined,
): Partial<SimDiskOptions> {
  const rate = fixedRate ?? random.pick([0.003, 0.01, 0.05]);
  const drawn = random.pick<readonly SimCall['kind'][]>([
    ['write'],
    ['write', 'sync'],
    ['sync'],
    ['create', 'open', 'remove', 'syncDirectory'],
    ['write', 'sync', 'create', 'open', 'remove', 'syncDirectory', 'truncate', 'size', 'rename'],
  ]);
  const kinds: typeof drawn = fixedRate === undefined ? drawn : ['write', 'sync'];
  if (random.chance(0.3)) storage.capacityBytes = usedBytes(storage) + random.integer(0, 12_000);
  const fault = (call: SimCall): SimFault | undefined => {
    if (isCalm() || !kinds.includes(call.kind) || !random.chance(rate)) return undefined;
    if (call.kind !== 'write') return { error: random.pick(OTHER_ERRORS) };
    const writtenBytes = random.chance(0.2) ? call.length : random.integer(0, call.length);
    if (random.chance(0.3) && writtenBytes > 0) return { writtenBytes };
    return { error: random.pick(WRITE_ERRORS), writtenBytes };
  };
  return { fault };
}

function usedBytes(storage: SimStorage): number {
  let used = 0;
  for (const bytes of storage.files().values()) used += bytes.length;
  return used;
}
