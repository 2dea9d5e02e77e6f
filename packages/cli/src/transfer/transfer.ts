import { type Log, LogError, type LogRecord, type RecordId } from '@wal/core';
import { AppendPipeline } from '../append/append-pipeline.ts';
import { appendUnits } from './append-unit.ts';
import { untilAborted } from './until-aborted.ts';

/** What was appended, and is durable. */
export interface Transferred {
  readonly records: number;
  readonly dataBytes: number;
  /** Of the last one; `undefined` while there is none. */
  readonly lastId: RecordId | undefined;
  /** Whether it ended because it was told to. */
  readonly isInterrupted: boolean;
}

export interface TransferOptions {
  /** Ends it: nothing more is read, and what was read is appended. */
  readonly signal: AbortSignal;
  readonly onDurable: (transferred: Transferred) => void;
}

/**
 * Appends all records of `batches` to a log, many at once. However it ends, nothing is under way any more, and what is durable goes
 * without a gap from the first record on.
 * @throws LogError `ERR_LOG_NON_SEQUENTIAL` if they do not begin with the log's next id, or have a gap; what the first append that
 * failed threw, or else what reading did
 */
export async function transfer(
  batches: AsyncIterable<readonly LogRecord[]>,
  log: Log,
  { signal, onDurable }: TransferOptions,
): Promise<Transferred> {
  let done: Transferred = { records: 0, dataBytes: 0, lastId: undefined, isInterrupted: false };
  const underWay: number[] = [];
  const pipeline = new AppendPipeline(log, async ({ firstId, lastId }) => {
    const records = done.records + lastId - firstId + 1;
    done = { ...done, records, dataBytes: done.dataBytes + (underWay.shift() ?? 0), lastId };
    onDurable(done);
  });
  const stop = AbortSignal.any([signal, pipeline.failed]);
  let { nextId } = log;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const records of untilAborted(batches, stop)) {
      for (const unit of appendUnits(records)) {
        nextId = endOf(unit, nextId);
        underWay.push(unit.reduce((sum, { data }) => sum + data.length, 0));
        await pipeline.add(unit.map(({ data }) => data));
      }
    }
  } catch (error) {
    failure = { error };
  }
  await pipeline.finish();
  if (failure === undefined) return done;
  if (signal.aborted && failure.error === signal.reason) return { ...done, isInterrupted: true };
  throw failure.error;
}

/** The id behind a run. @throws LogError `ERR_LOG_NON_SEQUENTIAL` where it does not begin as it has to */
function endOf(run: readonly LogRecord[], expectedId: RecordId): RecordId {
  const id = run[0]?.id;
  if (id === expectedId) return expectedId + run.length;
  const message = `record ${id} comes where record ${expectedId} was expected`;
  throw new LogError('ERR_LOG_NON_SEQUENTIAL', message, { expectedId });
}
