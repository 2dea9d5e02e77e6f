import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { BARE_WAYS, type BareWay } from '../contenders/bare-file.ts';
import { bareGroupCommit } from '../contenders/bare-group-commit.ts';
import { fslog } from '../contenders/fslog.ts';
import { peerWriters } from '../contenders/peers.ts';
import type { Contender, Store } from '../contenders/store.ts';
import { inTemporaryFolder } from '../disk/temporary-folder.ts';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure, Unit } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import { recordOf } from '../runner/record.ts';

const CALLERS = 1024;
const ROUNDS_OF_APPENDS = 40;
const WARM_UP_ROUNDS = 60;

/** What it costs to wait for nothing: the callers, their promises and the loop around them. */
const nothing: Contender = {
  name: 'nothing',
  durable: 'not synced',
  open: async (): Promise<Store> => ({
    append: async () => undefined,
    appendBatch: async () => undefined,
    close: async () => undefined,
  }),
};

/**
 * The young generation holds all that is allocated meanwhile, so that the heap's growth is what was
 * allocated: a collection would make it meaningless, and is an error.
 */
export const cpu: Measurement = {
  name: 'cpu',
  title: 'processor time and memory allocated for each append of 1,024 callers',
  nodeOptions: ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512'],
  async run(settings): Promise<Figure[]> {
    const peers = settings.withPeers ? peerWriters() : [];
    const contenders = [
      nothing,
      bareGroupCommit(BARE_WAYS.at(-1) as BareWay),
      fslog(),
      ...peers.filter(({ name }) => name === 'classic-level' || name === 'lmdb'),
    ];
    const figures: Figure[] = [];
    for (const contender of contenders) figures.push(...(await costOf(contender, settings)));
    printFigures('for each append of 1,024 callers, all threads together', figures);
    return figures;
  },
};

function costOf(contender: Contender, settings: Settings): Promise<Figure[]> {
  return inTemporaryFolder(settings.folder, async (folder) => {
    const store = await contender.open(folder);
    try {
      await appendRounds(store, settings.quick ? 2 : WARM_UP_ROUNDS);
      await collectAll();
      let collections = 0;
      const observer = new PerformanceObserver((list) => {
        collections += list.getEntries().length;
      });
      observer.observe({ entryTypes: ['gc'] });
      const memory = process.memoryUsage();
      const used = process.cpuUsage();
      await appendRounds(store, ROUNDS_OF_APPENDS);
      const { user, system } = process.cpuUsage(used);
      const later = process.memoryUsage();
      await new Promise((resolve) => setImmediate(resolve)); // The observer hears of it then.
      observer.disconnect();
      if (collections > 0)
        console.log(`  ${contender.name}: ${collections} collections: allocations are too low`);
      const appends = CALLERS * ROUNDS_OF_APPENDS;
      const figure = (metric: string, unit: Unit, value: number): Figure => ({
        measurement: 'cpu',
        load: '1,024 at once',
        contender: contender.name,
        metric,
        unit,
        rounds: [value],
      });
      return [
        figure('processor time', 'us', (user + system) / appends),
        figure('heap allocated', 'bytes', (later.heapUsed - memory.heapUsed) / appends),
        figure('external allocated', 'bytes', (later.external - memory.external) / appends),
      ];
    } finally {
      await store.close();
    }
  });
}

/** What was garbage before is gone, buffers too: those are freed a little after the collection. */
async function collectAll(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await sleep(50);
  }
}

/** Each caller makes so many, one after another. */
async function appendRounds(store: Store, rounds: number): Promise<void> {
  const record = recordOf(256);
  const caller = async (): Promise<void> => {
    for (let i = 0; i < rounds; i++) await store.append(record);
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}
