/*
 * Tails a log and keeps a view of it: how often each event happened. The view and the position that it is of are one
 * file, replaced as a whole; so each record counts once, whenever this ends and is started again.
 */
import { readFile } from 'node:fs/promises';
import type { Log, RecordId } from '@wal/core';
import { replaceFile } from '../replace-file.ts';

export interface View {
  /** The last record that counts. */
  readonly position: RecordId;
  readonly counts: Readonly<Record<string, number>>;
}

export interface CountOptions {
  readonly viewPath: string;
  /** Ends it: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Told of each view, once it is durable. */
  readonly onView: (view: View) => void;
}

/** Runs until it is aborted. Rejects as the log does; and when records were trimmed that it has not seen. */
export async function countEvents(log: Log, options: CountOptions): Promise<never> {
  const { viewPath, signal, onView } = options;
  let view = await readView(viewPath);
  if (log.nextId <= view.position) throw new Error(`the log ends before record ${view.position}`);
  await using records = log.iterator({ start: view.position + 1, follow: true, signal });
  for (;;) {
    // All that came since the last time: one view for many records, when there are many.
    const batch = await records.nextBatch();
    const counts = { ...view.counts };
    let { position } = view;
    for (const { id, data } of batch) {
      if (id !== position + 1) throw new Error(`records ${position + 1} to ${id - 1} were trimmed`);
      const event = Buffer.from(data).toString();
      counts[event] = (counts[event] ?? 0) + 1;
      position = id;
    }
    view = { position, counts };
    await replaceFile(viewPath, JSON.stringify(view));
    onView(view);
  }
}

async function readView(path: string): Promise<View> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as View;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { position: 0, counts: {} };
    throw error;
  }
}
