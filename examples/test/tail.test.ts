import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { createMemLog } from '@wal/memlog';
import { expect, test } from 'vitest';
import { countEvents, type View } from '../tail/count-events.ts';
import { compiledExample } from './compiled-examples.ts';
import { ExampleProcess } from './example-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

const script = compiledExample('tail/worker.ts');
const EVENTS = ['created', 'paid', 'shipped', 'returned'];

/** A worker, and its views as they come. */
class Worker {
  readonly process: ExampleProcess;
  readonly views: View[] = [];
  #onView: () => void = () => undefined;

  constructor(directory: string, viewPath: string) {
    this.process = new ExampleProcess(script, [directory, viewPath], {
      onLine: (line) => {
        this.views.push(JSON.parse(line) as View);
        this.#onView();
      },
    });
  }

  /** Resolves when it has seen a record. */
  reaches(position: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onView = () => {
        if ((this.views.at(-1)?.position ?? 0) >= position) resolve();
      };
      this.#onView();
    });
  }
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a worker in another process is ended by %s and started again: each record counts once',
  { timeout: 300_000 },
  async (signal) => {
    const folder = await temporaryFolder();
    const [directory, viewPath] = [join(folder, 'log'), join(folder, 'view.json')];
    const log = await openFsLog(directory, { segmentBytes: 4096 });
    const expected: Record<string, number> = {};
    const append = async (): Promise<void> => {
      const event = EVENTS[log.nextId % EVENTS.length] as string;
      expected[event] = (expected[event] ?? 0) + 1;
      await log.append(Buffer.from(event));
    };
    let seen = 0;
    for (let life = 0; life < 6; life++) {
      await append(); // Also while nobody looks.
      const worker = new Worker(directory, viewPath);
      for (let i = 0; i < 100; i++) await append();
      // In the middle of it all, at the end of it, or of what it was given.
      await worker.reaches(life % 2 === 0 ? seen + 1 : log.nextId - 1);
      const more = Array.from({ length: 20 }, append);
      worker.process.child.kill(signal);
      expect(await worker.process.exited).toBe(signal === 'SIGKILL' ? null : 0);
      await Promise.all(more);
      for (const { position, counts } of worker.views) {
        expect(position).toBeGreaterThan(seen);
        const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
        expect(all).toBe(position);
        seen = position;
      }
      await log.trim(seen); // What it has seen it needs no more.
    }
    const last = new Worker(directory, viewPath);
    await last.reaches(log.nextId - 1);
    expect(last.views.at(-1)).toEqual({ position: log.nextId - 1, counts: expected });
    await log.close();
  },
);

test('records that were trimmed unseen, and a log that is another one, are told', async () => {
  const viewPath = join(await temporaryFolder(), 'view.json');
  const options = { viewPath, signal: new AbortController().signal, onView: () => undefined };
  const log = createMemLog();
  await log.append(EVENTS.map((event) => Buffer.from(event)));
  await log.trim(2);
  await expect(countEvents(log, options)).rejects.toThrow('records 1 to 2 were trimmed');
  await writeFile(viewPath, JSON.stringify({ position: 5, counts: {} }));
  await expect(countEvents(log, options)).rejects.toThrow('the log ends before record 5');
});
