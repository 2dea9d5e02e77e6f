/*
 * Reads what is stored, by the formats alone and without the log's code, so that a mistake there is not made twice.
 */

/** What matters of a root version. */
export interface StoredRoot {
  readonly version: number;
  readonly kind: string;
  readonly nonce: string;
  readonly epoch: number;
  readonly trim: { readonly epoch: number; readonly slot: number; readonly firstId: number };
  readonly chunks: { readonly epoch: number; readonly slot: number; readonly firstId: number };
  readonly segments: readonly {
    readonly nonce: string;
    readonly firstId: number;
    readonly nextId: number;
  }[];
  readonly epochs: readonly { readonly epoch: number; readonly keepLast?: number }[];
  readonly by: string;
}

/** What matters of a chunk or seal. */
export interface StoredSlot {
  readonly isSeal: boolean;
  readonly firstId: number;
  readonly payloads: readonly string[];
}

/** The number that 16 inverted hex digits stand for. */
export function numberOf(digits: string): number {
  return Number(0xffffffffffffffffn - BigInt(`0x${digits}`));
}

export function readRoot(body: Uint8Array, by: string): StoredRoot {
  return { ...JSON.parse(Buffer.from(body.subarray(16)).toString()), by };
}

export function readSlot(body: Uint8Array): StoredSlot {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const isSeal = bytes.readUInt32LE(12) === 2;
  const firstId = Number(bytes.readBigUInt64LE(48));
  const payloads: string[] = [];
  if (isSeal) return { isSeal, firstId, payloads };
  const count = bytes.readUInt32LE(128 + 12);
  let at = 128 + 64 + count * 4;
  for (let i = 0; i < count; i++) {
    const length = bytes.readUInt32LE(128 + 64 + i * 4);
    payloads.push(bytes.toString('latin1', at, at + length));
    at += length;
  }
  return { isSeal, firstId, payloads };
}

/** The epoch in which a segment was made, and its records. */
export interface StoredSegment {
  readonly epoch: number;
  readonly records: ReadonlyMap<number, string>;
}

export function readSegment(body: Uint8Array): StoredSegment {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const epoch = Number(bytes.readBigUInt64LE(32));
  const records = new Map<number, string>();
  for (let at = bytes.readUInt32LE(12); bytes.toString('latin1', at, at + 4) === 'WALB'; ) {
    const count = bytes.readUInt32LE(at + 12);
    const firstId = Number(bytes.readBigUInt64LE(at + 16));
    let dataAt = at + 64 + count * 4;
    for (let i = 0; i < count; i++) {
      const length = bytes.readUInt32LE(at + 64 + i * 4);
      records.set(firstId + i, bytes.toString('latin1', dataAt, dataAt + length));
      dataAt += length;
    }
    at += 64 + Math.ceil(bytes.readUInt32LE(at + 8) / 8) * 8;
  }
  return { epoch, records };
}

/** What a log holds. */
export interface Content {
  readonly firstId: number;
  readonly records: ReadonlyMap<number, string>;
  readonly nextId: number;
}

/**
 * The content of a log by its newest root: what its segments hold, then what is stored without a hole from where the
 * chunks begin, truncates considered.
 */
export function contentOf(
  root: StoredRoot,
  slots: ReadonlyMap<string, StoredSlot>,
  segments: ReadonlyMap<string, StoredSegment>,
): Content {
  const records = new Map<number, string>();
  const { firstId } = root.trim;
  let nextId = firstId;
  for (const { nonce, firstId: first, nextId: next } of root.segments) {
    for (let id = Math.max(first, firstId); id < next; id++) {
      const payload = segments.get(nonce)?.records.get(id);
      if (payload === undefined) throw new Error(`record ${id} is not in the segment ${nonce}`);
      if (id !== nextId++) throw new Error(`the segments skip record ${id}`);
      records.set(id, payload);
    }
  }
  if (nextId !== root.chunks.firstId) throw new Error(`the segments end before ${nextId}`);
  for (let { epoch, slot } = root.chunks; epoch <= root.epoch; epoch++, slot = 0) {
    const kept = root.epochs.find((e) => e.epoch === epoch)?.keepLast ?? Number.POSITIVE_INFINITY;
    let stored = slots.get(`${epoch}/${slot}`);
    for (; stored !== undefined && !stored.isSeal; stored = slots.get(`${epoch}/${++slot}`)) {
      for (const [i, payload] of stored.payloads.entries()) {
        const id = stored.firstId + i;
        if (id < root.chunks.firstId || id > kept) continue;
        if (id !== nextId) throw new Error(`record ${id} is where ${nextId} must be`);
        records.set(id, payload);
        nextId++;
      }
    }
    if (stored === undefined) break;
  }
  return { firstId, records, nextId };
}
