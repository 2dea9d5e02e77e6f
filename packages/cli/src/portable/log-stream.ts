import { randomBytes } from 'node:crypto';
import { encodeSegmentStream, type LogRecord, type RecordId } from '@wal/core';
import type { OpenedLog } from '../address/open-log.ts';
import { appendUnits } from '../transfer/append-unit.ts';
import type { IdRange } from '../transfer/compare.ts';
import { runsOf } from '../transfer/runs.ts';
import { untilAborted } from '../transfer/until-aborted.ts';

/** The data of a batch in the stream, unless a record alone is more. */
const BATCH_BYTES = 262_144;

/** The bytes of an export, and how far it has come. */
export interface LogStream {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The id behind the last record whose bytes were given. */
  readonly nextId: RecordId;
}

/**
 * Records of a log as a stream in the segment format, which names the log's epoch and metadata. When `signal` is aborted it ends
 * as if there were no more records: with a footer.
 */
export function streamOf(
  { log }: OpenedLog,
  range: IdRange,
  signal: AbortSignal,
  onBatch: (nextId: RecordId) => void,
): LogStream {
  let nextId = range.from;
  async function* batches(): AsyncGenerator<readonly LogRecord[], void, undefined> {
    if (range.through < range.from) return;
    const runs = runsOf(log, { start: range.from, end: range.through });
    try {
      for await (const run of untilAborted(runs, signal)) {
        for (const batch of appendUnits(run, BATCH_BYTES)) {
          yield batch;
          nextId += batch.length;
          onBatch(nextId);
        }
      }
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
    }
  }
  const origin = {
    uuid: randomBytes(16),
    epoch: 'epoch' in log ? log.epoch : 0,
    firstId: range.from,
    createdAtMs: Date.now(),
    metadata: log.metadata,
  };
  return {
    bytes: encodeSegmentStream(origin, batches()),
    get nextId() {
      return nextId;
    },
  };
}
