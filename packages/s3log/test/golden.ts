import { readFileSync, writeFileSync } from 'node:fs';
import { segmentHeaderBytes } from '@wal/core';
import { chunkBuilder, decodeObject, encodeChunk, encodeSeal } from '../src/chunk/chunk.ts';
import type { Root, SegmentEntry } from '../src/root/root.ts';
import { decodeRoot, encodeRoot } from '../src/root/root-codec.ts';
import {
  decodeSegmentBatches,
  decodeSegmentFooter,
  SegmentBuilder,
} from '../src/segment/segment.ts';

/*
 * Golden objects: what a release of the format has stored in buckets, kept for good. `manifest.json` says what each
 * file holds; every later release must decode it to exactly that and encode that to the same bytes. To add one,
 * describe it in the manifest and run this test with WAL_WRITE_GOLDEN=1: files that exist are never written again.
 */
export const GOLDEN_V1: URL = new URL('./golden/v1/', import.meta.url);

interface Described {
  readonly file: string;
  readonly about: string;
}

interface GoldenRoot extends Described {
  readonly kind: 'root';
  readonly root: Omit<Root, 'metadata'> & { readonly metadata: string };
}

interface GoldenChunk extends Described {
  readonly kind: 'chunk';
  readonly origin: {
    readonly uuid: string;
    readonly epoch: number;
    readonly slot: number;
    readonly firstId: number;
    readonly nonce: string;
    readonly previousHash: string;
    readonly appendedAtMs: number;
  };
  readonly records: readonly string[];
  /** What the next chunk names it by. */
  readonly hash: string;
}

interface GoldenSeal extends Described {
  readonly kind: 'seal';
  readonly uuid: string;
  readonly epoch: number;
  readonly slot: number;
  readonly nonce: string;
  readonly writerEpoch: number;
}

interface GoldenSegment extends Described {
  readonly kind: 'segment';
  readonly origin: {
    readonly uuid: string;
    readonly nonce: string;
    readonly firstId: number;
    readonly epoch: number;
    readonly createdAtMs: number;
    readonly metadata: string;
  };
  /** What went into it, chunk by chunk; each `epoch` and `appendedAtMs` are of the chunk. */
  readonly chunks: readonly {
    readonly epoch: number;
    readonly appendedAtMs: number;
    readonly records: readonly string[];
  }[];
  readonly entry: Pick<SegmentEntry, 'nextId' | 'bytes' | 'footerAt'>;
}

export type Golden = GoldenRoot | GoldenChunk | GoldenSeal | GoldenSegment;

export function readManifest(): readonly Golden[] {
  return JSON.parse(readFileSync(new URL('manifest.json', GOLDEN_V1), 'utf8'));
}

export function readGolden(file: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(file, GOLDEN_V1)));
}

/** Writes an object's file. @throws EEXIST if there is one: what was written once stays as it is */
export function writeGolden(golden: Golden): void {
  writeFileSync(new URL(golden.file, GOLDEN_V1), encodeGolden(golden), { flag: 'wx' });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const unhex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits, 'hex'));

export function encodeGolden(golden: Golden): Uint8Array {
  switch (golden.kind) {
    case 'root':
      return encodeRoot({ ...golden.root, metadata: unhex(golden.root.metadata) });
    case 'chunk': {
      const batch = chunkBuilder();
      for (const record of golden.records) batch.add(unhex(record));
      return encodeChunk(batch, golden.origin);
    }
    case 'seal':
      return encodeSeal(golden.uuid, golden, golden.nonce, golden.writerEpoch);
    case 'segment': {
      const metadata = unhex(golden.origin.metadata);
      const builder = new SegmentBuilder({ ...golden.origin, metadata });
      for (const { records, epoch, appendedAtMs } of golden.chunks) {
        const added = records.map((record, i) => ({ id: builder.nextId + i, data: unhex(record) }));
        builder.add({ records: added, epoch, appendedAtMs });
      }
      return builder.finish().bytes;
    }
  }
}

/** Reads an object as the log does, given what it knows of it before; throws where the bytes do not check out. */
export function decodeGolden(bytes: Uint8Array, golden: Golden): unknown {
  const { kind, file, about } = golden;
  switch (kind) {
    case 'root': {
      const root = decodeRoot(bytes, file, golden.root.version);
      return { file, about, kind, root: { ...root, metadata: hex(root.metadata) } };
    }
    case 'chunk': {
      const { uuid } = golden.origin;
      const chunk = decodeObject(bytes, file, uuid, golden.origin);
      const { epoch, slot, firstId, nonce, previousHash, appendedAtMs, hash } = chunk;
      const origin = { uuid: chunk.uuid, epoch, slot, firstId, nonce, previousHash, appendedAtMs };
      const records = chunk.records.map(({ data }) => hex(data));
      return { file, about, kind: chunk.kind, origin, records, hash };
    }
    case 'seal': {
      const seal = decodeObject(bytes, file, golden.uuid, golden);
      const { uuid, epoch, slot, nonce, writerEpoch } = seal;
      return { file, about, kind: seal.kind, uuid, epoch, slot, nonce, writerEpoch };
    }
    case 'segment': {
      const { origin, entry } = golden;
      const footer = decodeSegmentFooter(
        bytes.subarray(entry.footerAt),
        file,
        origin,
        entry.footerAt,
      );
      const byteOffset = segmentHeaderBytes(origin.metadata.length / 2);
      const first = { firstId: origin.firstId, byteOffset };
      const batches = bytes.subarray(byteOffset, footer.byteOffset);
      const chunks = decodeSegmentBatches(batches, file, origin, first).map(
        ({ records, epoch, appendedAtMs }) => {
          return { epoch, appendedAtMs, records: records.map(({ data }) => hex(data)) };
        },
      );
      const { nextId, byteOffset: footerAt } = footer;
      return { ...golden, chunks, entry: { nextId, bytes: bytes.length, footerAt } };
    }
  }
}
