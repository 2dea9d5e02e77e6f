import { join } from 'node:path';
import type { Contender, Store } from './store.ts';
import { loadThirdParty } from './third-party.ts';

interface Core {
  ready(): Promise<void>;
  append(blocks: Uint8Array | readonly Uint8Array[]): Promise<unknown>;
  close(): Promise<void>;
}

type Module = new (storage: string) => Core;

/** A signed log for distribution. Its storage does not sync. */
export const hypercore: Contender = {
  name: 'hypercore',
  durable: 'not synced',
  note: 'signs a Merkle tree at each append',
  async open(folder): Promise<Store> {
    const Hypercore = loadThirdParty<Module>('hypercore');
    const core = new Hypercore(join(folder, 'core'));
    await core.ready();
    return {
      append: (record) => core.append(record),
      appendBatch: (records) => core.append(records),
      close: () => core.close(),
    };
  },
};
