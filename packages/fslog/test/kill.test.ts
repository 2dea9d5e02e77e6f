import { describe, expect, test } from 'vitest';
import { compileForProcesses, TestProcess } from './support/child-process.ts';
import { readAll } from './support/records.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { seededRandom, type WorkloadCall, WorkloadModel } from './support/workload.ts';

const { FSLOG_KILLS, FSLOG_SEED } = process.env;
/** How often a writer is killed; `FSLOG_KILLS=1000 npx vitest run …` for more. */
const KILLS = Number(FSLOG_KILLS ?? 40);
/** What to replay: the kills come at other moments, the calls are the same. */
const SEED = Number(FSLOG_SEED ?? Math.floor(Math.random() * 1e6));
const KILLS_A_LOG = 8;

compileForProcesses();

interface Report {
  /** Calls in their order, acknowledged up to `acknowledged`. */
  readonly calls: readonly WorkloadCall[];
  readonly acknowledged: number;
}

/** Lets a writer work for a while, kills it, and gives what it had begun and what it had been told. */
async function killedWriter(
  directory: string,
  seed: number,
  options: object,
  untilKilled: (writer: TestProcess) => Promise<void>,
): Promise<Report> {
  const parameters = [directory, String(seed), JSON.stringify(options)];
  const writer = new TestProcess('workload-process', parameters);
  await untilKilled(writer);
  await writer.kill();
  const calls: WorkloadCall[] = [];
  let acknowledged = 0;
  for (const text of writer.lines) {
    // The last line may be cut.
    if (!text.endsWith('}')) continue;
    const line = JSON.parse(text) as WorkloadCall & { begin?: number; end?: number };
    if (line.begin !== undefined) calls.push(line);
    // ORDER-2: calls are acknowledged in their order.
    if (line.end !== undefined) expect(line.end).toBe(acknowledged++);
  }
  return { calls, acknowledged };
}

/** Waits until the writer has said so many lines, or has exited, or `ms` have passed. */
async function lines(writer: TestProcess, count: number, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const said = new Promise<void>((resolve) => {
    writer.onLine = () => {
      if (writer.lines.length >= count) resolve();
    };
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([said, writer.exited]);
  clearTimeout(timer);
}

/** The state that a log was found in, of those that it may be in. */
async function expectPossible(
  directory: string,
  before: WorkloadModel,
  { calls, acknowledged }: Report,
  what: string,
): Promise<WorkloadModel> {
  const log = await openLog(directory);
  const records = await readAll(log);
  const { nextId } = log;
  await log.close();
  const model = before.copy();
  for (const call of calls.slice(0, acknowledged)) model.apply(call);
  const possible = [model.copy()];
  for (const call of calls.slice(acknowledged)) {
    model.apply(call);
    possible.push(model.copy());
  }
  const found = possible.find((each) => each.equals(records, nextId));
  if (found === undefined) {
    const ends = possible.map((each) => `${each.firstId}…${each.nextId - 1}`).join(', ');
    const ids = `${records[0]?.id}…${records.at(-1)?.id}`;
    throw new Error(`${what}: found ${ids}, next ${nextId}, which is none of ${ends}`);
  }
  return found;
}

describe('CRASH-1 acknowledged ⊆ recovered ⊆ acknowledged + in flight', () => {
  const OPTIONS = [
    { segmentBytes: 4096 },
    { segmentBytes: 16_384, preallocate: false },
    {},
    { segmentBytes: 8192, durability: 'none' },
    { segmentBytes: 65_536, durability: { intervalMs: 2 } },
  ] as const;
  const logs = Math.ceil(KILLS / KILLS_A_LOG);

  test(
    `${logs * KILLS_A_LOG} writers killed at random moments, seed ${SEED}`,
    async () => {
      const random = seededRandom(SEED);
      let calls = 0;
      for (let i = 0; i < logs; i++) {
        const directory = await temporaryDirectory();
        let model = new WorkloadModel(1, []);
        for (let kill = 0; kill < KILLS_A_LOG; kill++) {
          const seed = random(100_000);
          const options = OPTIONS[random(OPTIONS.length)] as object;
          // Early ones die while they open the log.
          const count = random(4) === 0 ? 0 : random(200);
          const report = await killedWriter(directory, seed, options, async (writer) => {
            await lines(writer, count, count === 0 ? 60 + random(60) : 10_000);
          });
          calls += report.calls.length;
          const what = `log ${i}, kill ${kill}, seed ${seed}, ${JSON.stringify(options)}`;
          model = await expectPossible(directory, model, report, what);
          // CRASH-2: what was found once is found again.
          const again = await openLog(directory, { readOnly: true });
          expect(model.equals(await readAll(again), again.nextId), what).toBe(true);
          await again.close();
        }
      }
      expect(calls).toBeGreaterThan(KILLS);
    },
    60_000 + KILLS * 2000,
  );
});
