import { join } from 'node:path';
import { BareFile, type BareWay } from './bare-file.ts';
import { concatenate } from './concatenate.ts';
import type { Contender, Store } from './store.ts';

const AHEAD_BYTES = 64 * 1024 * 1024;

/** The ceiling for one caller: the record's bytes are written and synced, and that is all. */
export function bareLoop(way: BareWay, name = 'bare'): Contender {
  return {
    name,
    durable: 'synced',
    async open(folder): Promise<Store> {
      const file = await BareFile.create(join(folder, 'bare'), way, AHEAD_BYTES);
      let batch = new Uint8Array(0);
      return {
        append: (record) => file.writeDurably(record),
        appendBatch(records) {
          batch = concatenate(records, batch);
          return file.writeDurably(batch);
        },
        close: () => file.close(),
      };
    },
  };
}
