import { type Disk, type DiskFile, isLogError } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { expect, test } from 'vitest';
import { LIMITS, openLineLog } from '../custom-backend/line-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The calls that change a file, each of which may be made to fail or to do something else first. */
function diskWith(file: (own: DiskFile) => Partial<DiskFile>, disk: Partial<Disk> = {}): Disk {
  const changed = (own: DiskFile): DiskFile => ({
    read: (buffer, position) => own.read(buffer, position),
    write: (buffer, position) => own.write(buffer, position),
    sync: () => own.sync(),
    truncate: (size) => own.truncate(size),
    size: () => own.size(),
    identify: () => own.identify(),
    close: () => own.close(),
    ...file(own),
  });
  return {
    ...nodeDisk,
    open: async (path, mode) => changed(await nodeDisk.open(path, mode)),
    create: async (path) => changed(await nodeDisk.create(path)),
    ...disk,
  };
}

async function textsOf(disk: Disk, directory: string): Promise<string[]> {
  await using log = await openLineLog(disk, directory);
  const texts: string[] = [];
  for await (const { data } of log.iterator()) texts.push(Buffer.from(data).toString());
  return texts;
}

test.each(['size', 'read', 'truncate', 'write', 'sync'] as const)(
  'a %s that fails while it opens is told as a LogError, and leaves neither lock nor file open',
  async (kind) => {
    const directory = await temporaryFolder();
    for (const isCreated of [false, true]) {
      let open = 0;
      let isFailing = true;
      const disk = diskWith((own) => {
        open++;
        return {
          [kind]: (...args: [never, never]) => {
            if (isFailing) return Promise.reject(new Error('EIO'));
            return (own[kind] as (...args: [never, never]) => Promise<never>)(...args);
          },
          close: () => {
            open--;
            return own.close();
          },
        };
      });
      const failure = await openLineLog(disk, directory).catch((error: unknown) => error);
      expect(isLogError(failure, 'ERR_LOG_FAILED'), String(isCreated)).toBe(true);
      expect(open).toBe(0);
      isFailing = false;
      await (await openLineLog(disk, directory)).close();
      expect(open).toBe(0);
    }
  },
);

test('there is no such directory', async () => {
  const directory = `${await temporaryFolder()}/none`;
  await expect(openLineLog(nodeDisk, directory)).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
});

test('a write that is short is a failure: the append is in no log, and the log opens', async () => {
  const directory = await temporaryFolder();
  let room = Number.POSITIVE_INFINITY;
  const disk = diskWith((own) => ({
    write: (buffer, position) => own.write(buffer.subarray(0, room), position),
  }));
  const log = await openLineLog(disk, directory);
  await log.append(Buffer.from('one'));
  room = 20;
  await expect(log.append(Buffer.from('two'))).rejects.toMatchObject({
    code: 'ERR_LOG_OUTCOME_UNKNOWN',
    firstId: 2,
  });
  await expect(log.append(Buffer.from('three'))).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
  await log.close();
  expect(await textsOf(nodeDisk, directory)).toEqual(['one']);
});

test('reads are short, and the file ends before its size: the opening does not wait for more', async () => {
  const directory = await temporaryFolder();
  const log = await openLineLog(nodeDisk, directory);
  await log.append(Buffer.from('one'));
  await log.close();
  const disk = diskWith((own) => ({
    read: (buffer, position) => own.read(buffer.subarray(0, 7), position),
    size: async () => (await own.size()) + 1,
  }));
  expect(await textsOf(disk, directory)).toEqual(['one']);
});

test('OPEN-2 a lock that is lost stops the writer: during a commit, and while it opens', async () => {
  const directory = await temporaryFolder();
  let lose = (): void => {};
  let losesAt: 'write' | 'size' | undefined;
  const at = (place: typeof losesAt): void => {
    if (losesAt === place) lose();
  };
  const disk = diskWith(
    (own) => ({
      write: (buffer, position) => {
        at('write');
        return own.write(buffer, position);
      },
      size: () => {
        at('size');
        return own.size();
      },
    }),
    {
      lock: (path, onLost) => {
        lose = onLost;
        return nodeDisk.lock(path, onLost);
      },
    },
  );
  const log = await openLineLog(disk, directory);
  await log.append(Buffer.from('one'));
  losesAt = 'write';
  await expect(log.append(Buffer.from('two'))).rejects.toMatchObject({
    code: 'ERR_LOG_OUTCOME_UNKNOWN',
  });
  await expect(log.append(Buffer.from('three'))).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
  expect(log.lastId).toBe(1);
  await log.close();

  losesAt = 'size';
  await expect(openLineLog(disk, directory)).rejects.toMatchObject({ code: 'ERR_LOG_FAILED' });
});

test('the largest batch goes in and comes back', async () => {
  const directory = await temporaryFolder();
  const data = Buffer.alloc(LIMITS.maxRecordBytes, 'x');
  const batch = Array.from({ length: LIMITS.maxBatchBytes / LIMITS.maxRecordBytes }, () => data);
  const log = await openLineLog(nodeDisk, directory);
  await log.append(batch);
  await log.append(Array.from({ length: 100_000 }, () => Buffer.alloc(0)));
  await log.close();
  await using again = await openLineLog(nodeDisk, directory);
  expect(again.nextId).toBe(100_017);
  expect(Buffer.from((await again.get(16)).data).equals(data)).toBe(true);
});
