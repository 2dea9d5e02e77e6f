import { channel } from 'node:diagnostics_channel';
import { type FsLog, type FsLogMessages, nodeDisk } from '@wal/fslog';
import { describe, expect, onTestFinished, test } from 'vitest';
import { rejection } from './support/errors.ts';
import { openLog, temporaryDirectory } from './support/temporary-log.ts';
import { inputOutputError, isSegment, noSpaceLeft, WatchedDisk } from './support/watched-disk.ts';

/** What is published on a channel from now on, about one directory. */
function listen<Name extends keyof FsLogMessages>(
  name: Name,
  directory: string,
  hear: (message: FsLogMessages[Name]) => void = () => undefined,
): FsLogMessages[Name][] {
  const messages: FsLogMessages[Name][] = [];
  const listener = (message: unknown): void => {
    const told = message as FsLogMessages[Name];
    if (told.directory !== directory) return;
    messages.push(told);
    hear(told);
  };
  channel(name).subscribe(listener);
  onTestFinished(() => void channel(name).unsubscribe(listener));
  return messages;
}

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(1);
const duration: unknown = expect.toSatisfy((ms: number) => ms > 0 && ms < 60_000);

describe('diagnostics channels', () => {
  test('append: each group once, before its callers are told', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    const order: string[] = [];
    const groups = listen('wal:fslog:append', directory, () => order.push('published'));
    const started = performance.now();
    await Promise.all([
      log.append(bytes(10)).then(() => order.push('first')),
      log.append([bytes(20), bytes(30)]),
      log.append([]),
    ]);
    await log.append(bytes(1000));
    const [first] = groups;
    expect(groups).toEqual([
      {
        directory,
        firstId: 1,
        lastId: 3,
        appends: 3,
        records: 3,
        bytes: 64 + 3 * 4 + 60,
        queueMs: duration,
        writeMs: duration,
        syncMs: duration,
      },
      expect.objectContaining({ firstId: 4, lastId: 4, records: 1, bytes: 64 + 4 + 1000 + 4 }),
    ]);
    expect(first?.queueMs).toBeLessThan(performance.now() - started);
    expect(order).toEqual(['published', 'first', 'published']);
  });

  test.skipIf(process.platform !== 'linux')(
    'append: where one call writes and syncs, on Linux, the write has it all',
    async () => {
      const directory = await temporaryDirectory();
      const log = await openLog(directory, { disk: nodeDisk });
      const groups = listen('wal:fslog:append', directory);
      await log.append(bytes(10));
      expect(groups).toMatchObject([{ writeMs: duration, syncMs: 0 }]);
    },
  );

  test('append: none of a group that failed; failure: once, with what calls reject with', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await openLog(directory, { disk, preallocate: false });
    await log.append(bytes(1));
    const groups = listen('wal:fslog:append', directory);
    const failures = listen('wal:fslog:failure', directory);
    disk.before = (call) => {
      if (call.operation === 'sync' && isSegment(call)) throw inputOutputError();
    };
    await rejection(log.append(bytes(1)), 'ERR_LOG_OUTCOME_UNKNOWN');
    const error = await rejection(log.append(bytes(1)), 'ERR_LOG_FAILED');
    expect(groups).toEqual([]);
    expect(failures).toEqual([{ directory, epoch: log.epoch, error }]);
  });

  test('append: none of a group that a full disk let a part of through', async () => {
    const directory = await temporaryDirectory();
    const disk = new WatchedDisk();
    const log = await openLog(directory, { disk, preallocate: false });
    await log.append(bytes(1));
    const groups = listen('wal:fslog:append', directory);
    let writes = 0;
    disk.shorten = () => 30_000;
    disk.before = ({ operation }) => {
      if (operation === 'write' && ++writes === 2) throw noSpaceLeft();
    };
    const [first, second] = [log.append(bytes(20_000)), log.append(bytes(20_000))];
    await rejection(second, 'ERR_LOG_NO_SPACE');
    expect(await first).toEqual({ firstId: 2, lastId: 2 });
    expect(groups).toEqual([]);
  });

  test('roll: with the reason', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory, { segmentBytes: 4096 });
    const rolls = listen('wal:fslog:roll', directory);
    await log.append(bytes(3000));
    await log.append(bytes(3000));
    await log.roll();
    await log.roll(); // Nothing to cut.
    await log.append(bytes(1));
    await log.truncate(2);
    await log.trim(9);
    await log.append(bytes(1));
    expect(rolls.map(({ reason, firstId }) => `${reason} ${firstId}`)).toEqual([
      'first 1',
      'full 2',
      'roll 3',
      'truncate 3',
      'first 10',
    ]);
    const segments = await log.listSegments();
    expect(rolls.at(-1)).toEqual({
      directory,
      segment: segments.at(-1)?.name,
      firstId: 10,
      reason: 'first',
      durationMs: duration,
    });
  });

  test('trim and truncate: where they changed something', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog(directory);
    const trims = listen('wal:fslog:trim', directory);
    const truncates = listen('wal:fslog:truncate', directory);
    await log.append([bytes(1), bytes(2), bytes(3)]);
    await log.roll();
    await log.append([bytes(4), bytes(5)]);
    await log.trim(3);
    await log.trim(2);
    await log.truncate(4);
    await log.truncate(7);
    expect(trims).toEqual([{ directory, firstId: 4, segments: 1, durationMs: duration }]);
    expect(truncates).toEqual([{ directory, nextId: 5, durationMs: duration }]);
  });

  test('recovery: each opening for writing', async () => {
    const directory = await temporaryDirectory();
    const openings = listen('wal:fslog:recovery', directory);
    const log = await openLog(directory);
    await log.append([bytes(1), bytes(2)]);
    await log.trim(1);
    await log.close();
    await openLog(directory, { readOnly: true });
    const again = await openLog(directory);
    const durationMs = duration;
    const clean = { directory, wasClean: true, torn: undefined, durationMs };
    expect(openings).toEqual([
      { ...clean, epoch: log.epoch, firstId: 1, nextId: 1 },
      { ...clean, epoch: again.epoch, firstId: 2, nextId: 3 },
    ]);
  });

  test('ORDER-5 a listener may use the log, and close it', async () => {
    const directory = await temporaryDirectory();
    const log: FsLog = await openLog(directory);
    const results: Promise<unknown>[] = [];
    listen('wal:fslog:append', directory, ({ lastId }) => {
      if (lastId < 5) results.push(log.append(bytes(lastId)));
      else results.push(log.close(), rejection(log.append(bytes(1)), 'ERR_LOG_CLOSED'));
    });
    expect(await log.append(bytes(1))).toEqual({ firstId: 1, lastId: 1 });
    for (let i = 0; i < results.length; i++) await results[i];
    expect(results).toHaveLength(6);
    const reopened = await openLog(directory);
    expect(reopened.lastId).toBe(5);
  });
});
