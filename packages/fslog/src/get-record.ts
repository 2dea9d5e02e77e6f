import { LogError, type LogRecord, type LogView, type RecordId } from '@wal/core';
import { GET_BYTES, type LogReader } from './log-reader.ts';

/** One durable record of a log. @throws LogError `ERR_LOG_TRIMMED`, `ERR_LOG_NOT_FOUND`, `ERR_LOG_CORRUPT` */
export async function getRecord(
  view: LogView,
  reader: Pick<LogReader, 'read'>,
  id: RecordId,
): Promise<LogRecord> {
  refuseIfNotStored(view, id);
  try {
    const [record] = await reader.read(id, id, GET_BYTES);
    if (record !== undefined) return record;
  } catch (error) {
    // A truncate or trim may have taken it away under the read.
    refuseIfNotStored(view, id);
    throw error;
  }
  refuseIfNotStored(view, id);
  throw new LogError('ERR_LOG_CORRUPT', `record ${id} is missing`, { firstAffectedId: id });
}

function refuseIfNotStored(view: LogView, id: RecordId): void {
  const firstId = view.trimMark + 1;
  if (id < firstId) {
    throw new LogError('ERR_LOG_TRIMMED', `record ${id} was trimmed, firstId=${firstId}`, {
      firstId,
    });
  }
  const nextId = view.lastDurableId + 1;
  if (id >= nextId) {
    throw new LogError('ERR_LOG_NOT_FOUND', `record ${id} is not in the log, nextId=${nextId}`, {
      nextId,
    });
  }
}
