import { createReadStream } from 'node:fs';
import { abortable } from '@wal/core';
import type { Input } from '../surroundings.ts';
import { createSplitter, type InputFormat } from './record-splitter.ts';

/** Where records come from, and how they are told from one another. */
export interface RecordSource {
  /** Paths; `-`, or none at all, is stdin. */
  readonly files: readonly string[];
  readonly stdin: Input;
  readonly format: InputFormat;
  readonly maxRecordBytes: number;
  /** Ends reading at once, also of an input that has nothing to give: rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** The records of one input after the other, as many at a time as came together. A record ends where its input does. */
export async function* readRecords(
  source: RecordSource,
): AsyncGenerator<readonly Uint8Array[], void, undefined> {
  const { files, stdin, format, maxRecordBytes, signal } = source;
  for (const file of files.length > 0 ? files : ['-']) {
    const splitter = createSplitter(format, maxRecordBytes);
    for await (const chunk of readChunks(file === '-' ? stdin : createReadStream(file), signal)) {
      yield* runOf(splitter.push(chunk));
    }
    const rest = splitter.end();
    if (rest.length > 0) yield rest;
  }
}

/** As one run, if there are any; then the error that ended them. */
function* runOf(records: Iterable<Uint8Array>): Generator<readonly Uint8Array[], void, undefined> {
  const run: Uint8Array[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    for (const record of records) run.push(record);
  } catch (error) {
    failure = { error };
  }
  if (run.length > 0) yield run;
  if (failure !== undefined) throw failure.error;
}

async function* readChunks(
  stream: Input,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks: AsyncIterator<Uint8Array> = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await abortable(chunks.next(), signal);
      if (done === true) return;
      yield value;
    }
  } finally {
    stream.destroy();
  }
}
