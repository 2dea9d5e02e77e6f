import { SimRandom } from '@wal/conformance';
import { openFsLog } from '@wal/fslog';
import { createMemLog, createMemStorage, failOnce, type MemLogFaults } from '@wal/memlog';
import { describe, expect, test } from 'vitest';
import { type LogWithMetadata, RaftLog } from '../raft/raft-log.ts';
import type { Entry, HardState, SnapshotMark } from '../raft/raft-record.ts';
import { compiledExample } from './compiled-examples.ts';
import { ExampleProcess } from './example-process.ts';
import { RaftModel } from './raft-model.ts';
import { temporaryFolder } from './temporary-folder.ts';

const restart = compiledExample('raft/restart.ts');
const metadata = Buffer.from('node 1 of cluster 7');

async function expectSame(raft: RaftLog, model: RaftModel, what: string): Promise<void> {
  const { marks, state } = model;
  expect(raft.snapshots, what).toEqual(marks.map(({ index, term }) => ({ index, term })));
  const unknown = [
    { index: model.lastIndex + 1, term: 1 },
    ...marks.map((mark) => ({ ...mark, term: 99 })),
  ];
  for (const at of [{ index: 0, term: 0 }, ...marks, ...unknown]) {
    const entries = model.readAt(at);
    const read = raft.readAll(at);
    if (entries === undefined) await expect(read, what).rejects.toThrow(RangeError);
    else
      expect(await read, what).toEqual({ metadata: expect.anything(), hardState: state, entries });
  }
}

/** Where a log is, and how it is made to end in the middle of a save: that is durable then, or it is not. */
interface Place {
  open(): Promise<LogWithMetadata>;
  crash?(save: () => Promise<void>, isKept: boolean): Promise<void>;
}

/** A random history, with reopenings: compared after each of them. */
async function live(seed: number, place: Place, steps: number): Promise<void> {
  const random = new SimRandom(seed);
  /** What a reopening finds: a commit that changed alone is not in it. */
  let durable = new RaftModel();
  let model = durable.copy();
  let raft = await RaftLog.open(await place.open());
  for (let step = 0; step < steps; step++) {
    const what = `seed ${seed}, step ${step}`;
    const save = model.randomSave(random);
    const after = model.copy();
    after.save(save);
    const makeIt = () => raft.save(save.state, save.entries, save.snapshot);
    if (random.chance(0.15)) {
      const isKept = random.chance(0.5);
      if (place.crash === undefined) await raft.close();
      else await place.crash(makeIt, isKept);
      if (place.crash !== undefined && isKept && model.mustSync(save)) durable = after;
      raft = await RaftLog.open(await place.open());
      model = durable.copy();
      await expectSame(raft, model, what);
      continue;
    }
    await makeIt();
    if (model.mustSync(save)) durable = after.copy();
    model = after;
    const mark = random.chance(0.2) ? model.marks[random.integer(0, 3)] : undefined;
    if (mark !== undefined) {
      await raft.release(mark.index);
      model.release(mark.index);
      durable.release(mark.index);
    }
    if (random.chance(0.2)) await expectSame(raft, model, what);
  }
  await raft.close();
}

/** In memory: a crash leaves what was in the sync, or not. */
function memoryPlace(): Place {
  const storage = createMemStorage();
  const faults: MemLogFaults = {};
  return {
    open: async () => createMemLog({ storage, faults, metadata }),
    async crash(save, isKept) {
      const inSync = new Promise<void>((resolve) => {
        faults.beforeSync = () => {
          resolve();
          return new Promise(() => undefined);
        };
      });
      const saved = save();
      await Promise.race([inSync, saved]);
      storage.crash({ keepInFlight: isKept ? 1 : 0 });
      await saved.catch(() => undefined);
      faults.beforeSync = undefined;
    },
  };
}

describe('random histories are those of the model', () => {
  test('in memory, with crashes', async () => {
    for (let seed = 0; seed < 60; seed++) await live(seed, memoryPlace(), 60);
  });

  test('in a directory', async () => {
    for (let seed = 1000; seed < 1003; seed++) {
      const directory = await temporaryFolder();
      await live(seed, { open: () => openFsLog(directory, { metadata, segmentBytes: 4096 }) }, 60);
    }
  });
});

const entry = (index: number, term: number, text = `${index} of term ${term}`): Entry => ({
  index,
  term,
  data: Buffer.from(text),
});
const state = (term: number, commit = 0, vote = 1): HardState => ({ term, vote, commit });
const read = async (raft: RaftLog, at?: SnapshotMark) =>
  (await raft.readAll(at)).entries.map(({ index, term }) => [index, term]);

describe('as in etcd', () => {
  test('a later entry takes the place of one with its index, and of all behind it', async () => {
    const { open } = memoryPlace();
    const raft = await RaftLog.open(await open());
    await raft.save(state(1), [entry(1, 1), entry(2, 1), entry(3, 1), entry(4, 1)]);
    await raft.save(state(2), [entry(2, 2)]);
    expect(await read(raft)).toEqual([
      [1, 1],
      [2, 2],
    ]);
    await raft.close();
    expect(await read(await RaftLog.open(await open()))).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  test('what a conflict took away does not come back behind a snapshot', async () => {
    const { open } = memoryPlace();
    const raft = await RaftLog.open(await open());
    await raft.save(
      state(1),
      [1, 2, 3, 4, 5, 6].map((index) => entry(index, 1)),
    );
    await raft.save(state(2), [entry(3, 2), entry(4, 2)]);
    await raft.save(state(2, 4), [], { index: 4, term: 2 });
    await raft.close();
    const again = await RaftLog.open(await open());
    expect(await read(again)).toEqual([]);
    await again.save(state(2, 4), [entry(5, 2)]);
    expect(await read(again, { index: 0, term: 0 })).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
      [5, 2],
    ]);
  });

  test('a commit that changes alone is not written, and comes with what is written next', async () => {
    const { open } = memoryPlace();
    const log = await open();
    const raft = await RaftLog.open(log);
    await raft.save(state(1), [entry(1, 1)]);
    const { nextId } = log;
    await raft.save(state(1, 1));
    expect(log.nextId).toBe(nextId);
    expect((await raft.readAll()).hardState).toEqual(state(1, 1));
    await raft.save(state(2, 1));
    await raft.close();
    expect((await (await RaftLog.open(await open())).readAll()).hardState).toEqual(state(2, 1));
  });

  test('a snapshot of a leader takes the place of all entries, at once with what comes behind it', async () => {
    const { open } = memoryPlace();
    const raft = await RaftLog.open(await open());
    await raft.save(state(1, 1), [entry(1, 1), entry(2, 1), entry(3, 1)]);
    await raft.save(state(2, 100), [entry(101, 2)], { index: 100, term: 2 });
    await raft.release(100);
    expect(await read(raft)).toEqual([[101, 2]]);
    await expect(raft.readAll({ index: 0, term: 0 })).rejects.toThrow(RangeError);
    await raft.close();
    const again = await RaftLog.open(await open());
    expect(again.snapshots).toEqual([{ index: 100, term: 2 }]);
    expect(await read(again)).toEqual([[101, 2]]);
  });
});

test.each<[string, HardState, readonly Entry[], SnapshotMark?]>([
  ['an older term', state(1, 2), []],
  ['another vote in a term', state(2, 2, 3), []],
  ['less committed', state(2, 1), []],
  ['more committed than there is', state(2, 5), []],
  ['an entry behind a gap', state(2, 2), [entry(6, 2)]],
  ['a gap between entries', state(2, 2), [entry(5, 2), entry(7, 2)]],
  ['another entry where one is committed', state(2, 2), [entry(2, 2)]],
  ['a snapshot of what is not committed', state(2, 2), [], { index: 3, term: 1 }],
  ['a snapshot that is not newer', state(2, 2), [], { index: 1, term: 1 }],
  ['a snapshot in which a committed entry is another', state(2, 2), [], { index: 2, term: 2 }],
])('%s is refused, and nothing is written', async (_, next, refused, snapshot) => {
  const log = createMemLog();
  const raft = await RaftLog.open(log);
  const entries = [1, 2, 3, 4].map((index) => entry(index, 1));
  await raft.save(state(1, 1), entries);
  await raft.save(state(2, 2), [], { index: 1, term: 1 });
  const { nextId } = log;
  await expect(raft.save(next, refused, snapshot)).rejects.toThrow(RangeError);
  expect(log.nextId).toBe(nextId);
  expect(await read(raft)).toEqual([
    [2, 1],
    [3, 1],
    [4, 1],
  ]);
  expect((await raft.readAll()).hardState).toEqual(state(2, 2));
});

test('a sync that fails: that save and all later ones reject, and reopened it is there or not', async () => {
  for (const isKept of [false, true]) {
    const storage = createMemStorage();
    const faults: MemLogFaults = {};
    const raft = await RaftLog.open(createMemLog({ storage, faults }));
    await raft.save(state(1), [entry(1, 1)]);
    faults.beforeSync = failOnce();
    await expect(raft.save(state(2), [entry(2, 2)])).rejects.toMatchObject({
      code: 'ERR_LOG_OUTCOME_UNKNOWN',
    });
    await expect(raft.save(state(3))).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
    storage.crash({ keepInFlight: isKept ? 1 : 0 });
    const again = await RaftLog.open(createMemLog({ storage }));
    const kept = isKept
      ? [
          [1, 1],
          [2, 2],
        ]
      : [[1, 1]];
    expect(await read(again)).toEqual(kept);
  }
});

test('release gives segments back', async () => {
  const directory = await temporaryFolder();
  const log = await openFsLog(directory, { segmentBytes: 4096 });
  const raft = await RaftLog.open(log);
  for (let index = 1; index <= 200; index++) await raft.save(state(1, index), [entry(index, 1)]);
  const before = await log.listSegments();
  await raft.save(state(1, 200), [], { index: 199, term: 1 });
  await raft.release(199);
  expect(before.length).toBeGreaterThan(3);
  expect((await log.listSegments()).length).toBe(1);
  expect(await read(raft)).toEqual([[200, 1]]);
  await raft.close();
});

test("another node's log, and a log of something else, are refused", async () => {
  const directory = await temporaryFolder();
  await (await openFsLog(directory, { metadata })).close();
  const other = openFsLog(directory, { metadata: Buffer.from('node 2 of cluster 7') });
  await expect(other).rejects.toMatchObject({ code: 'ERR_LOG_METADATA_MISMATCH' });
  const log = createMemLog();
  await log.append(Buffer.from('created'));
  await expect(RaftLog.open(log)).rejects.toThrow(RangeError);
});

test('a restart prints what its comments say', async () => {
  const own = new ExampleProcess(restart, [], {
    cwd: await temporaryFolder(),
  });
  await own.exited;
  expect(own.lines).toEqual(['{ term: 2, vote: 3, commit: 2 }', "[ [ 3, 'c' ] ]"]);
});
