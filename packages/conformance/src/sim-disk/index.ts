export { isChange, type SimCall, SimDisk, type SimDiskOptions, type SimFault } from './sim-disk.ts';
export { type SimError, type SimErrorCode, simError } from './sim-error.ts';
export { SECTOR_BYTES, SimFile, type Spares, type StaleBytes } from './sim-file.ts';
export { fingerprintOf, mixFingerprints } from './sim-fingerprint.ts';
export { SimRandom } from './sim-random.ts';
export { SimScheduler, settle } from './sim-scheduler.ts';
export { type InFlight, type SimLockEntry, SimStorage } from './sim-storage.ts';
