import type { Log } from '@wal/core';
import { readAll } from '../support/records.ts';
import type { FoundLog } from './victim-calls.ts';

/** What a log holds. */
export async function lookInto(log: Log): Promise<FoundLog> {
  return { records: await readAll(log), nextId: log.nextId };
}
