import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { BARE_WAYS, type BareWay } from '../contenders/bare-file.ts';
import { bareGroupCommit } from '../contenders/bare-group-commit.ts';
import { fslog } from '../contenders/fslog.ts';
import type { Contender } from '../contenders/store.ts';
import { inTemporaryFolder } from '../disk/temporary-folder.ts';
import type { Measurement, Settings } from '../measurement.ts';
import type { Figure, Unit } from '../result/figure.ts';
import { printFigures } from '../result/table.ts';
import { runLoad } from '../runner/load.ts';

const CALLERS = 1024;
const WARM_UP_MS = 500;
const NANOSECONDS = 1e6;
export const EVENT_LOOP_LOAD = '1,024 at once';

/** How late the event loop is while 1,024 callers append: what else the program has to do waits so long. */
export const eventLoop: Measurement = {
  name: 'event-loop',
  title: 'delay of the event loop under 1,024 callers, and of an idle one',
  async run(settings): Promise<Figure[]> {
    const way = BARE_WAYS.at(-1) as BareWay;
    const figures = [
      ...(await delaysOf('idle', 'none', () => sleep(settings.roundMs * 4))),
      ...(await delaysUnder(fslog(), settings)),
      ...(await delaysUnder(bareGroupCommit(way), settings)),
    ];
    printFigures('delay of the event loop, looked at every millisecond', figures);
    return figures;
  },
};

function delaysUnder(contender: Contender, settings: Settings): Promise<Figure[]> {
  const load = { callers: CALLERS, batchRecords: 1, recordBytes: 256 };
  return inTemporaryFolder(settings.folder, async (folder) => {
    const store = await contender.open(folder);
    try {
      await runLoad(store, { ...load, durationMs: settings.quick ? 100 : WARM_UP_MS });
      const durationMs = settings.roundMs * settings.rounds;
      return await delaysOf(EVENT_LOOP_LOAD, contender.name, () =>
        runLoad(store, { ...load, durationMs }),
      );
    } finally {
      await store.close();
    }
  });
}

async function delaysOf(
  load: string,
  contender: string,
  run: () => Promise<unknown>,
): Promise<Figure[]> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await run();
  delay.disable();
  const figure = (metric: string, nanoseconds: number, unit: Unit = 'ms'): Figure => ({
    measurement: 'event-loop',
    load,
    contender,
    metric,
    unit,
    rounds: [nanoseconds / NANOSECONDS],
  });
  return [
    figure('p50', delay.percentile(50)),
    figure('p99', delay.percentile(99)),
    figure('longest', delay.max),
  ];
}
