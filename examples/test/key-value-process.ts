import { sayLine } from '@wal/test-harness';
import { KeyValueStore } from '../key-value/key-value-store.ts';
import { armed } from './kill-at-call.ts'; // First: what is imported later sees the watched calls.

/*
 * Changes the store of a folder, and says each change before it is asked for and once it is acknowledged. Killed before
 * its nth call to the file system: key-value-process <folder> <name of the call, or nothing> <nth>
 */
const [folder = '', name = '', nth = ''] = process.argv.slice(2);
const life = `${name} ${nth}`;
const calls = armed({ name: name || undefined, nth: Number(nth) }, (call) =>
  sayLine({ say: 'killed', call }),
);
const store = await KeyValueStore.open(folder);

async function change(key: string, value?: string): Promise<void> {
  sayLine({ say: 'begun', key, value });
  await (value === undefined ? store.delete(key) : store.put(key, value));
  sayLine({ say: 'acknowledged' });
}

for (let round = 0; round < 3; round++) {
  await change('round', `${life}.${round}`);
  await Promise.all([
    change('a', `${life}.${round}`),
    store.snapshot(), // beside changes, as it would be in a server
    change('b', `${life}.${round}`),
    change(round === 1 ? 'a' : 'c', round === 1 ? undefined : life),
  ]);
}
await store.close();
sayLine({ say: 'finished', calls });
