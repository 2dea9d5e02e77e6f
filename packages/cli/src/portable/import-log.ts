import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import {
  abortable,
  isLogError,
  type Log,
  type LogRecord,
  type RecordId,
  SegmentStreamReader,
} from '@wal/core';
import { parseAddress } from '../address/address.ts';
import { withLog } from '../address/open-log.ts';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { refuseUnreadable } from '../input/input-file.ts';
import { type Progress, startProgress } from '../progress/progress.ts';
import type { Surroundings } from '../surroundings.ts';
import { type IdRange, isSame } from '../transfer/compare.ts';
import { largestRecordBytes } from '../transfer/largest-record.ts';
import { lookAt } from '../transfer/look-at.ts';
import { RecordCursor } from '../transfer/record-cursor.ts';
import { otherContent, refuseGap, startOf } from '../transfer/resume-point.ts';
import { type Transferred, transfer } from '../transfer/transfer.ts';
import { failTransfer } from '../transfer/transfer-failure.ts';

export interface ImportRequest {
  readonly address: string;
  /** `undefined`: stdin. */
  readonly file: string | undefined;
  readonly showsProgress: boolean;
}

/** What an import came to. */
export interface ImportResult extends Transferred {
  readonly nextId: RecordId;
  /** What was in the stream and in the log, and is the same; none where `through` is below `from`. */
  readonly compared: IdRange;
}

/**
 * Appends the records of a stream to a log that go on from what it has; those that it has are compared. Whatever it ends with, the
 * log holds whole batches of the stream, without a gap.
 * @throws CommandError, LogError; `signal.reason`
 */
export async function importLog(
  request: ImportRequest,
  surroundings: Surroundings,
): Promise<ImportResult> {
  const { file, showsProgress } = request;
  if (file !== undefined) await refuseUnreadable(file);
  const chunks =
    file === undefined ? surroundings.stdin : createReadStream(file, { highWaterMark: 1 << 20 });
  const name = file ?? 'stdin';
  try {
    const opening = SegmentStreamReader.open(chunks, name);
    const reader = await abortable(opening, surroundings.signal).catch(refuseStream);
    const progress = startProgress(surroundings.stderr, {
      label: 'import',
      unit: 'bytes',
      total: file === undefined ? undefined : (await stat(file)).size,
      isWanted: showsProgress,
    });
    return await importStream(reader, name, progress, request, surroundings).finally(progress.end);
  } finally {
    chunks.destroy();
  }
}

async function importStream(
  reader: SegmentStreamReader,
  name: string,
  progress: Progress,
  { address }: ImportRequest,
  surroundings: Surroundings,
): Promise<ImportResult> {
  const { stderr, signal } = surroundings;
  const { firstId, metadata } = reader.header;
  const where = parseAddress(address);
  const maxRecordBytes = largestRecordBytes(where);
  const settings = { readOnly: false, firstId, metadata, maxRecordBytes };
  await lookAt(where, surroundings, (log) => refuseGap({ firstId, name }, log));
  return await withLog(where, settings, surroundings, async ({ log }) => {
    const start = await startOf({ firstId, name }, log);
    const common = { from: Math.max(firstId, log.firstId ?? log.nextId), through: start - 1 };
    let done: Transferred | undefined;
    const onDurable = (now: Transferred): void => {
      done = now;
    };
    const batches = newRecords(reader, log, common, progress);
    try {
      done = await transfer(batches, log, { signal, onDurable });
      if (done.isInterrupted) throw signal.reason;
    } catch (error) {
      progress.end();
      return await failTransfer(explainStream(error, name), done, { name: address, start }, stderr);
    }
    const compared = { ...common, through: Math.min(common.through, reader.nextId - 1) };
    return { ...done, nextId: log.nextId, compared };
  });
}

/** The records behind those that the log has. @throws CommandError where one of these is another one */
async function* newRecords(
  reader: SegmentStreamReader,
  log: Log,
  common: IdRange,
  progress: Progress,
): AsyncGenerator<readonly LogRecord[], void, undefined> {
  const cursor = new RecordCursor(log, common);
  try {
    for await (const records of reader.batches()) {
      progress.show(reader.byteOffset);
      const firstNew = records.findIndex(({ id }) => id > common.through);
      const old = firstNew < 0 ? records : records.slice(0, firstNew);
      for (const record of old) {
        if (record.id < common.from) continue; // Trimmed since.
        if (!isSame(record, await cursor.next())) throw otherContent(record.id);
      }
      if (firstNew >= 0) yield firstNew === 0 ? records : records.slice(firstNew);
    }
  } finally {
    await cursor.close();
  }
}

function refuseStream(error: unknown): never {
  throw explainStream(error, undefined);
}

/** What to do about a stream that cannot be read. */
function explainStream(error: unknown, name: string | undefined): unknown {
  if (isLogError(error, 'ERR_LOG_CORRUPT') && (name === undefined || error.segment === name)) {
    const message = `${error.code}: ${error.message}; export once more, and import that: it goes on from what is there`;
    return new CommandError(message, EXIT.damaged, error);
  }
  if (
    isLogError(error, 'ERR_LOG_UNSUPPORTED_FORMAT') &&
    (name === undefined || error.segment === name)
  ) {
    const message = `${error.code}: ${error.message}; give what \`wal export\` has written`;
    return new CommandError(message, EXIT.failed, error);
  }
  return error;
}
