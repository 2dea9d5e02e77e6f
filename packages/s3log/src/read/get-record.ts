import { type LogRecord, type LogView, type RecordId, refuseUnlessStored } from '@wal/core';
import { ChunkReader, type ReadSources } from './chunk-reader.ts';

/** One durable record of a log. @throws LogError `ERR_LOG_TRIMMED`, `ERR_LOG_NOT_FOUND`, `ERR_LOG_CORRUPT`, `ERR_LOG_FAILED` */
export async function getRecord(
  view: Pick<LogView, 'trimMark' | 'lastDurableId' | 'truncations'>,
  sources: ReadSources,
  id: RecordId,
  nextId: () => RecordId,
): Promise<LogRecord> {
  for (;;) {
    refuseUnlessStored(view, id, nextId());
    const { version } = view.truncations;
    try {
      const [record] = await new ChunkReader(sources).read(id, id);
      // Truncated or trimmed under the read? Then look again: it may even be another record by now.
      if (id > view.trimMark && version === view.truncations.version) return record as LogRecord;
    } catch (error) {
      if (id > view.trimMark && version === view.truncations.version) throw error;
    }
  }
}
