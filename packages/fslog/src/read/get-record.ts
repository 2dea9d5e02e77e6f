import {
  LogError,
  type LogRecord,
  type LogView,
  type RecordId,
  refuseUnlessStored,
} from '@wal/core';

/**
 * One durable record of a log, which `read` gives, alone.
 * @throws LogError `ERR_LOG_TRIMMED`, `ERR_LOG_NOT_FOUND`, `ERR_LOG_CORRUPT`
 */
export async function getRecord(
  view: LogView,
  read: (id: RecordId) => Promise<readonly LogRecord[]>,
  id: RecordId,
  nextId: RecordId,
): Promise<LogRecord> {
  refuseUnlessStored(view, id, nextId);
  let record: LogRecord | undefined;
  try {
    [record] = await read(id);
  } catch (error) {
    // A truncate or trim may have taken it away under the read.
    refuseUnlessStored(view, id, nextId);
    throw error;
  }
  refuseUnlessStored(view, id, nextId);
  if (record !== undefined) return record;
  throw new LogError('ERR_LOG_CORRUPT', `record ${id} is missing`, { firstAffectedId: id });
}
