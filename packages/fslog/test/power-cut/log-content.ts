import { createHash } from 'node:crypto';
import type { Log, LogRecord, RecordId } from '@wal/core';
import { readAll } from '../support/records.ts';
import type { WorkloadModel } from '../support/workload.ts';

/** All that a log holds, in a line: equal for equal logs. */
export type LogContent = string;

function describe(records: readonly LogRecord[], nextId: RecordId): LogContent {
  const hash = createHash('sha1');
  for (const { id, data } of records) hash.update(`${id} ${data.length} `).update(data);
  return `${records[0]?.id ?? 'none'}…${nextId - 1} ${hash.digest('hex').slice(0, 16)}`;
}

export async function contentOf(log: Log): Promise<LogContent> {
  return describe(await readAll(log), log.nextId);
}

export function contentOfModel({ firstId, records, nextId }: WorkloadModel): LogContent {
  return describe(
    records.map((data, i) => ({ id: firstId + i, data })),
    nextId,
  );
}
