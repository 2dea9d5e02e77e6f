import { join } from 'node:path';
import type { Contender, ReadableContender, ReadableStore, Store } from './store.ts';
import { loadThirdParty } from './third-party.ts';

type Callback<Value = unknown> = (error: unknown, value: Value) => void;

interface Sink {
  paused: boolean;
  write(value: Uint8Array): void;
  end(error?: unknown): void;
}

interface OffsetLog {
  append(records: Uint8Array | Uint8Array[], callback: Callback<number>): void;
  get(offset: number, callback: Callback<Uint8Array>): void;
  onDrain(callback: () => void): void;
  stream(options: { offsets: boolean }): { pipe(sink: Sink): void };
  close(callback: Callback): void;
}

type Module = (path: string) => OffsetLog;

const FILL_BATCH = 1000;

/** Calls back before it writes; `onDrain` says when it has written, by default every 250 ms. */
export const asyncAppendOnlyLog: Contender = {
  name: 'async-append-only-log',
  // onDrain also calls those whose record came into a block while that was being written.
  durable: 'not always synced',
  note: 'awaits onDrain, which for callers at once may come before the sync; writes every 250 ms',
  async open(folder): Promise<Store> {
    const log = openLog(folder);
    const append = (records: Uint8Array | Uint8Array[]): Promise<void> =>
      new Promise((resolve, reject) => {
        log.append(records, (error) => {
          if (error) reject(error);
          else log.onDrain(resolve);
        });
      });
    return {
      append: (record) => append(record),
      appendBatch: (records) => append([...records]),
      close: () => close(log),
    };
  },
};

export const readableAsyncAppendOnlyLog: ReadableContender = {
  name: 'async-append-only-log',
  async fill(folder, record, count): Promise<ReadableStore> {
    const log = openLog(folder);
    const offsets: number[] = [];
    for (let from = 0; from < count; from += FILL_BATCH) {
      for (let i = from; i < Math.min(count, from + FILL_BATCH); i++) {
        log.append(record, (_, offset) => offsets.push(offset));
      }
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    await new Promise<void>((resolve) => log.onDrain(resolve));
    return {
      scan: () => scan(log),
      get: (place) =>
        new Promise((resolve, reject) => {
          log.get(offsets[place] as number, (error, data) =>
            error ? reject(error) : resolve(data),
          );
        }),
      close: () => close(log),
    };
  },
};

function openLog(folder: string): OffsetLog {
  return loadThirdParty<Module>('async-append-only-log')(join(folder, 'aaol'));
}

function scan(log: OffsetLog): Promise<number> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    log.stream({ offsets: false }).pipe({
      paused: false,
      write: (value) => {
        bytes += value.length;
      },
      end: (error) => (error && error !== true ? reject(error) : resolve(bytes)),
    });
  });
}

function close(log: OffsetLog): Promise<void> {
  return new Promise((resolve, reject) => {
    log.close((error) => (error ? reject(error) : resolve()));
  });
}
