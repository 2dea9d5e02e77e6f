import { createInterface } from 'node:readline';
import { type FsLog, type FsLogOptions, openFsLog } from '@wal/fslog';
import { sayLine } from '@wal/test-harness';
import { fill, readIds } from './records.ts';

/*
 * A process that does with a log what it is told, one JSON line a command, and answers each with a line.
 * Commands begin when they arrive, so that several can be under way.
 */
let log: FsLog | undefined;

function opened(): FsLog {
  if (log === undefined) throw new Error('no log is open');
  return log;
}

const commands: Record<string, (...parameters: never[]) => unknown> = {
  open: async (directory: string, options: FsLogOptions) => {
    log = await openFsLog(directory, options);
    return { nextId: log.nextId, epoch: log.epoch };
  },
  append: async (size: number) => await opened().append(new Uint8Array(size)),
  fill: async (count: number) => {
    await fill(opened(), count);
    return opened().lastId;
  },
  truncate: (lastToKeep: number) => opened().truncate(lastToKeep),
  trim: (discardUpTo: number) => opened().trim(discardUpTo),
  roll: () => opened().roll(),
  sync: () => opened().sync(),
  close: () => opened().close(),
  readIds: () => readIds(opened()),
  /** Keeps the event loop from turning. */
  block: (ms: number) => {
    const until = performance.now() + ms;
    while (performance.now() < until);
  },
  /** Ends the process as a program ends that forgot to close its log. */
  exit: () => setImmediate(() => process.exit(0)) && undefined,
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, command, parameters } = JSON.parse(line) as {
    id: number;
    command: string;
    parameters: never[];
  };
  const answer = (result: object): void => sayLine({ id, ...result });
  const run = async (): Promise<unknown> => await commands[command]?.(...parameters);
  run().then(
    (value) => answer({ value }),
    (error: Error & { code?: string }) =>
      answer({ error: { code: error.code, message: error.message } }),
  );
});
