import type { IsMetadata } from './file-systems.ts';
import type { SparseImage } from './sparse-image.ts';
import type { LogEntry } from './write-log.ts';

const BLOCK_BYTES = 4096;
const SECTOR_BYTES = 512;
const SHOWN_PIECES = 8;

/** What a device kept of one write; `undefined` bytes are zeros. */
export interface KeptPiece {
  readonly offset: number;
  readonly length: number;
  readonly data: Buffer | undefined;
}

/** What a power cut leaves of the writes since the last flush. */
export interface PowerCut {
  readonly description: string;
  readonly pieces: readonly KeptPiece[];
  /** Whether a write of 4 KiB was torn. */
  readonly isTorn: boolean;
}

const KINDS = ['all', 'none', 'writes', 'blocks', 'blocks', 'sectors', 'sectors'] as const;

/**
 * Cuts power where `pending` has been written since the last flush: the device keeps all of it, nothing, or any
 * part: whole writes, blocks of 4 KiB, or sectors of 512 bytes. Sectors are for the bytes of files; the
 * structures of a file system break when one of its blocks is torn. What overlaps keeps its order, as in a
 * device's cache.
 */
export function cutPower(
  pending: readonly LogEntry[],
  isMetadata: IsMetadata,
  random: (below: number) => number,
): PowerCut {
  const kind = KINDS[random(KINDS.length)] ?? 'all';
  const keptOfEight = [1, 4, 7][random(3)] ?? 4;
  const isKept = (): boolean => kind === 'all' || (kind !== 'none' && random(8) < keptOfEight);
  const pieces: KeptPiece[] = [];
  let isTorn = false;
  for (const entry of pending) {
    if (kind !== 'blocks' && kind !== 'sectors') {
      if (isKept()) pieces.push(entry);
      continue;
    }
    for (const block of split(entry, BLOCK_BYTES)) {
      const isWhole = kind === 'blocks' || !isFileData(block, isMetadata);
      const parts = isWhole ? [block] : split(block, SECTOR_BYTES);
      const kept = parts.filter(isKept);
      isTorn ||= kept.length > 0 && kept.length < parts.length;
      pieces.push(...kept);
    }
  }
  return { description: describeCut(pending, pieces), pieces, isTorn };
}

function describeCut(pending: readonly LogEntry[], pieces: readonly KeptPiece[]): string {
  const kept = pieces.slice(0, SHOWN_PIECES).map(({ offset, length }) => `${offset}+${length}`);
  if (pieces.length > kept.length) kept.push(`and ${pieces.length - kept.length} more`);
  return `kept of ${pending.length} unflushed writes: ${kept.join(' ') || 'nothing'}`;
}

/** Cuts a piece at the multiples of `size`. */
function split({ offset, length, data }: KeptPiece, size: number): KeptPiece[] {
  const parts: KeptPiece[] = [];
  for (let from = 0; from < length; ) {
    const to = Math.min(length, from + size - ((offset + from) % size));
    parts.push({ offset: offset + from, length: to - from, data: data?.subarray(from, to) });
    from = to;
  }
  return parts;
}

function isFileData({ offset, length, data }: KeptPiece, isMetadata: IsMetadata): boolean {
  const isBlock = length === BLOCK_BYTES && offset % BLOCK_BYTES === 0;
  return isBlock && data !== undefined && !isMetadata(offset / BLOCK_BYTES, data);
}

/** Lets an image have what a device kept. */
export function applyPieces(image: SparseImage, pieces: readonly KeptPiece[]): void {
  for (const { offset, length, data } of pieces) image.write(offset, data ?? Buffer.alloc(length));
}
