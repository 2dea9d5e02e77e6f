import { CommandError } from '../failure/command-error.ts';
import { EXIT } from '../failure/exit-code.ts';
import { DelimitedRecords } from './delimited-records.ts';
import { LengthPrefixedRecords } from './length-prefixed-records.ts';

/** How an input is cut into records. */
export const INPUT_FORMATS = ['line', 'nul', 'json', 'length'] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** Cuts bytes into records as they come; holds no more than one record that is not complete. */
export interface RecordSplitter {
  /**
   * The records that are complete with these bytes, which they may share the memory of.
   * @throws CommandError for what is no record, behind all that come before it
   */
  push(chunk: Uint8Array): Iterable<Uint8Array>;
  /** What is left at the end of an input. @throws CommandError */
  end(): readonly Uint8Array[];
}

export function createSplitter(format: InputFormat, maxRecordBytes: number): RecordSplitter {
  switch (format) {
    case 'line':
      return new DelimitedRecords(0x0a, maxRecordBytes);
    case 'nul':
      return new DelimitedRecords(0x00, maxRecordBytes);
    case 'json':
      return new DelimitedRecords(0x0a, maxRecordBytes, refuseNoJson);
    case 'length':
      return new LengthPrefixedRecords(maxRecordBytes);
  }
}

/** The record is the line as it stands: a number keeps its digits, an object the order of its fields. */
function refuseNoJson(line: Uint8Array, number: number): void {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch (cause) {
    const message = `line ${number} of the input is no JSON; correct it, or use --format line`;
    throw new CommandError(message, EXIT.failed, cause);
  }
}
