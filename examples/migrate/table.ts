// Reads a log that was kept in a table. See docs/guides/migrate.md.

/** A row as a database gives it, in the order of its ids: `statement.iterate()` of better-sqlite3, for one. */
export interface Row {
  readonly id: number;
  readonly data: Uint8Array;
}

/**
 * Each row as a record that begins with its id, eight bytes. Rows were deleted, and transactions undone: a table's ids have
 * gaps, and a log's have none, so readers that have kept a row's id must be able to find it.
 * @throws Error if a row comes out of order
 */
export async function* tableRows(
  rows: Iterable<Row> | AsyncIterable<Row>,
): AsyncGenerator<Uint8Array> {
  let last = Number.NEGATIVE_INFINITY;
  for await (const { id, data } of rows) {
    if (id <= last) throw new Error(`row ${id} comes after row ${last}: ORDER BY id is missing`);
    last = id;
    yield encodeRow({ id, data });
  }
}

export function encodeRow({ id, data }: Row): Uint8Array {
  const bytes = Buffer.alloc(8 + data.length);
  bytes.writeBigInt64BE(BigInt(id));
  bytes.set(data, 8);
  return bytes;
}

export function decodeRow(record: Uint8Array): Row {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.length);
  return { id: Number(bytes.readBigInt64BE()), data: bytes.subarray(8) };
}
