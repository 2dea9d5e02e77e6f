import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FixtureOpenOptions, LogFixture, LogPlace } from '@wal/conformance';
import type { Disk, DiskFile, Log } from '@wal/core';
import { nodeDisk } from '@wal/fslog';
import { LIMITS, openLineLog } from './line-log.ts';

/** A directory of its own, on a disk that can be told to fail. */
class LinePlace implements LogPlace {
  isFailing = false;
  readonly #directory: string;
  readonly #logs: Log[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  async open({ firstId }: FixtureOpenOptions = {}): Promise<Log> {
    const log = await openLineLog(this.#disk, this.#directory, firstId);
    this.#logs.push(log);
    return log;
  }

  async destroy(): Promise<void> {
    await Promise.allSettled(this.#logs.map((log) => log.close()));
    await rm(this.#directory, { recursive: true });
  }

  readonly #disk: Disk = {
    ...nodeDisk,
    open: async (path, mode) => this.#failing(await nodeDisk.open(path, mode)),
  };

  #failing(file: DiskFile): DiskFile {
    return {
      read: (buffer, position) => file.read(buffer, position),
      write: async (buffer, position) => {
        if (this.isFailing) throw new Error('the disk fails');
        return file.write(buffer, position);
      },
      sync: () => file.sync(),
      truncate: (size) => file.truncate(size),
      size: () => file.size(),
      identify: () => file.identify(),
      close: () => file.close(),
    };
  }
}

export const lineLogFixture: LogFixture = {
  name: 'LineLog',
  capabilities: {
    reopen: true,
    exclusion: 'locked',
    ...LIMITS,
    configurableLimit: false,
    crash: { open: openLineLog },
    failAppends: (place) => {
      (place as LinePlace).isFailing = true;
      return () => {
        (place as LinePlace).isFailing = false;
      };
    },
  },
  place: async () => new LinePlace(await mkdtemp(join(tmpdir(), 'line-log-'))),
};
