import { setTimeout as sleep } from 'node:timers/promises';
import { createMemoryStore, type LogOptions, type ObjectStore, openS3Log } from '@wal/s3log';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure } from '../result/figure.ts';
import { formatNumber } from '../result/format-number.ts';
import { printTable } from '../result/table.ts';
import { recordOf } from '../runner/record.ts';

/** How long the store takes for a put, about as S3 does. */
const PUT_MS = 40;
const RECORD = recordOf(1024);
/** Records are appended so often, as many as are due. */
const TICK_MS = 1;
const RATES = { '0.1 MB/s': 1e5, '1 MB/s': 1e6, '10 MB/s': 1e7 } as const;
const LINGERS_MS = [0, 5, 20, 100] as const;
const KIB = 1024;
const CHUNK_KIB = [256, 1024, 4096, 16384] as const;
/** Some seconds: what comes slowly is to be sent many times. */
const ROUNDS_LONGER = 10;
const FULL_BYTES = 128 * KIB * KIB;
const QUICK_FULL_BYTES = 32 * KIB * KIB;

/** How many puts a gigabyte takes, which is what appending costs: by linger and rate, and by the size of full chunks. */
export const s3Cost: Measurement = {
  name: 's3-cost',
  title: 'puts for a gigabyte appended, by lingerMs and by chunkBytes',
  async run(settings): Promise<Figure[]> {
    const steady = Object.entries(RATES).flatMap(([rate, bytesPerSecond]) =>
      LINGERS_MS.map((lingerMs) => ({
        load: `${rate}, lingerMs ${lingerMs}`,
        puts: () => steadyPuts(bytesPerSecond, lingerMs, settings),
      })),
    );
    const full = CHUNK_KIB.map((kib) => ({
      load: `as fast as it goes, chunkBytes ${kib} KiB`,
      puts: () => fullPuts(kib * KIB, settings),
    }));
    // They wait most of the time: all at once.
    const counts = await Promise.all(steady.map(({ puts }) => puts()));
    for (const { puts } of full) counts.push(await puts());
    const figures = [...steady, ...full].map(
      ({ load }, i): Figure => ({
        measurement: 's3-cost',
        load,
        contender: 's3log',
        metric: 'puts a GB',
        unit: 'count',
        rounds: [counts[i] as number],
      }),
    );
    const rows = figures.map(({ load, rounds: [puts = 0] }) => [load, formatNumber(puts)]);
    printTable('s3-cost, puts a GB', rows);
    return figures;
  },
};

/** Records come evenly. */
function steadyPuts(
  bytesPerSecond: number,
  lingerMs: number,
  { roundMs }: Settings,
): Promise<number> {
  return putsPerGigabyte({ lingerMs }, async (append) => {
    const startedAt = performance.now();
    const endsAt = startedAt + ROUNDS_LONGER * roundMs;
    let appended = 0;
    for (let now = startedAt; now < endsAt; now = performance.now()) {
      const due = ((now - startedAt) / 1000) * bytesPerSecond;
      for (; appended < due; appended += RECORD.length) append();
      await sleep(TICK_MS);
    }
  });
}

/** More comes at any time than can be sent. */
function fullPuts(chunkBytes: number, { quick }: Settings): Promise<number> {
  const bytes = quick ? QUICK_FULL_BYTES : FULL_BYTES;
  return putsPerGigabyte({ chunkBytes }, async (append) => {
    for (let appended = 0; appended < bytes; appended += RECORD.length) append();
  });
}

async function putsPerGigabyte(
  options: Pick<LogOptions, 'lingerMs' | 'chunkBytes'>,
  appendAll: (append: () => void) => Promise<void>,
): Promise<number> {
  let puts = 0;
  const store = distantStore(() => puts++);
  const log = await openS3Log({ store, compactAfterChunks: 0, ...options });
  puts = 0;
  let bytes = 0;
  const appends: Promise<unknown>[] = [];
  await appendAll(() => {
    bytes += RECORD.length;
    appends.push(log.append(RECORD));
  });
  await Promise.all(appends);
  await log.close();
  return (puts / bytes) * 1e9;
}

function distantStore(onPut: () => void): ObjectStore {
  const store = createMemoryStore();
  return {
    ...store,
    putIfAbsent: async (key, body) => {
      onPut();
      await sleep(PUT_MS);
      return await store.putIfAbsent(key, body);
    },
  };
}
