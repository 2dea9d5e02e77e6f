import { SimStorage } from '../sim-disk/index.ts';

/** Where the logs under test are. It is durable before they are opened. */
export const DIRECTORY = '/data';

/** A machine's storage with an empty directory. */
export function newStorage(): SimStorage {
  const storage = new SimStorage();
  storage.makeDirectory(DIRECTORY);
  storage.directory('/', 'fsync').sync();
  return storage;
}
