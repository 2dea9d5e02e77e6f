import type { LogRecord } from '@wal/core';

/** How records are printed. */
export const OUTPUT_FORMATS = ['line', 'raw', 'json', 'hex', 'nul', 'length'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** For the help. */
export const OUTPUT_FORMAT_HELP: string =
  'line: each on a line of its own; raw: the bytes and nothing between; json: {"id", "text"}, or "base64" where it is no text; ' +
  'hex: id and bytes; nul, length: as `append` reads them';

const NEWLINE = Buffer.from('\n');
const NUL = Buffer.from('\0');
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The records as they are printed, one behind the other. */
export function formatRecords(records: readonly LogRecord[], format: OutputFormat): Uint8Array {
  switch (format) {
    case 'raw':
      return Buffer.concat(records.map(({ data }) => data));
    case 'line':
      return Buffer.concat(records.flatMap(({ data }) => [data, NEWLINE]));
    case 'nul':
      return Buffer.concat(records.flatMap(({ data }) => [data, NUL]));
    case 'length':
      return Buffer.concat(records.flatMap(({ data }) => [lengthOf(data), data]));
    case 'json':
      return Buffer.from(records.map((record) => `${JSON.stringify(asJson(record))}\n`).join(''));
    case 'hex':
      return Buffer.from(
        records.map(({ id, data }) => `${id} ${bufferOf(data).toString('hex')}\n`).join(''),
      );
  }
}

/** Without loss: bytes that are no UTF-8 come as base64. */
function asJson({ id, data }: LogRecord): object {
  try {
    return { id, text: TEXT.decode(data) };
  } catch {
    return { id, base64: bufferOf(data).toString('base64') };
  }
}

function lengthOf(data: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32LE(data.length);
  return prefix;
}

function bufferOf(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
