import type { Log, RecordId } from '@wal/core';
import { type OpenedLog, withLog } from '../address/open-log.ts';
import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { describeIds } from '../output/extent.ts';
import { BrokenPipe } from '../output/output.ts';
import { startProgress } from '../progress/progress.ts';
import type { Surroundings } from '../surroundings.ts';
import type { IdRange } from '../transfer/compare.ts';
import { streamOf } from './log-stream.ts';

/** Where an export goes. */
export interface StreamSink {
  /** The id to go on with; `undefined` where nothing is there yet. */
  readonly nextId: RecordId | undefined;
  write(bytes: Uint8Array): Promise<void>;
  /** All of it is written. */
  finish(): Promise<void>;
  /** Releases what it holds, also where it is not finished. */
  close(): Promise<void>;
}

export interface ExportRequest {
  readonly address: string;
  readonly from: RecordId | undefined;
  readonly to: RecordId | undefined;
  readonly showsProgress: boolean;
  /** How to go on where it was stopped before record `nextId`. */
  readonly howToGoOn: (nextId: RecordId) => string;
}

/** What an export came to. */
export interface ExportResult {
  /** The records written by this run; none where `through` is below `from`. */
  readonly range: IdRange;
  readonly bytes: number;
}

/** Writes records of a log to `open`'s sink, as one stream. @throws CommandError, LogError; `signal.reason` */
export async function exportLog(
  request: ExportRequest,
  open: (log: Log & { readonly metadata: Uint8Array }, range: IdRange) => Promise<StreamSink>,
  surroundings: Surroundings,
): Promise<ExportResult> {
  return await withLog(request.address, { readOnly: true }, surroundings, async (opened) => {
    const asked = rangeOf(opened.log, request);
    const sink = await open(opened.log, asked);
    const range = { ...asked, from: sink.nextId ?? asked.from };
    try {
      return await writeStream(opened, range, sink, request, surroundings);
    } finally {
      await sink.close();
    }
  });
}

async function writeStream(
  opened: OpenedLog,
  range: IdRange,
  sink: StreamSink,
  { showsProgress, howToGoOn }: ExportRequest,
  { stderr, signal }: Surroundings,
): Promise<ExportResult> {
  let bytes = 0;
  const total = range.through - range.from + 1;
  const progress = startProgress(stderr, {
    label: 'export',
    unit: 'records',
    total: Math.max(0, total),
    isWanted: showsProgress,
  });
  const stream = streamOf(opened, range, signal, (nextId) => progress.show(nextId - range.from));
  try {
    if (total > 0 || sink.nextId === undefined) {
      for await (const part of stream.bytes) {
        await sink.write(part);
        bytes += part.length;
      }
    }
  } finally {
    progress.end();
  }
  const { nextId } = stream;
  if (signal.aborted && nextId <= range.through) {
    if (signal.reason instanceof BrokenPipe) throw signal.reason;
    const what =
      nextId === range.from
        ? 'nothing was exported'
        : `${describeIds(range.from, nextId - 1)} exported`;
    const reason = (signal.reason as Error).message;
    await stderr.line(`wal: ${reason} (${what}); ${howToGoOn(nextId)}`);
    throw signal.reason;
  }
  if (nextId <= range.through) {
    throw new CommandError(
      `the log was truncated to record ${nextId - 1} meanwhile; export it once more`,
      EXIT.failed,
    );
  }
  await sink.finish();
  return { range, bytes };
}

/** What is there of the ids that were asked for. @throws CommandError where the first of them is not */
function rangeOf(log: Log, { from, to }: ExportRequest): IdRange {
  const firstId = log.firstId ?? log.nextId;
  if (from !== undefined && (from < firstId || from > log.nextId)) {
    const where =
      from < firstId ? `begins with record ${firstId}` : `goes on with record ${log.nextId}`;
    throw new CommandError(`--from ${from}: the log ${where}`, EXIT.failed);
  }
  return { from: from ?? firstId, through: Math.min(to ?? log.nextId - 1, log.nextId - 1) };
}
