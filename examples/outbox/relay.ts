/*
 * Follows an outbox and delivers each of its messages at least once, in order. How far it got is kept in a file: after
 * a crash it delivers the last message once more, which the consumer tells by its id (inbox.ts).
 * It may run where the outbox is written, or in another process on `openFsLog(directory, { readOnly: true })`.
 */
import { readFile } from 'node:fs/promises';
import type { Log, RecordId } from '@wal/core';
import { replaceFile } from '../replace-file.ts';
import { decodeRecord, type Message } from './orders.ts';

export interface RelayOptions {
  /** The file that has the id of the last message delivered. */
  readonly positionPath: string;
  /** Resolves once the consumer has the message for good. While it rejects nothing else is delivered. */
  readonly deliver: (id: RecordId, message: Message) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Runs until `signal` is aborted, and rejects with its reason; or as `deliver` or the log does: start it again. */
export async function relay(log: Log, options: RelayOptions): Promise<never> {
  const { positionPath, deliver, signal } = options;
  let position = await readPosition(positionPath);
  if (log.nextId <= position) throw new Error(`the log ends before message ${position}`);
  for await (const { id, data } of log.iterator({ start: position + 1, follow: true, signal })) {
    // An iterator begins where the log does: here, behind messages that nobody has delivered.
    if (id > position + 1) throw new Error(`records ${position + 1} to ${id - 1} were trimmed`);
    const record = decodeRecord(data);
    if (record.kind === 'message') {
      await deliver(id, record.message);
      await replaceFile(positionPath, String(id)); // Not sooner: what is not delivered must come again.
    }
    position = id;
  }
  throw new Error('an iterator that follows does not end');
}

/** Of the last message delivered: what is behind it and no message is read once more, which costs nothing. */
async function readPosition(path: string): Promise<RecordId> {
  try {
    return Number(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
