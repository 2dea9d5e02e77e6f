import { compactedUnderRead } from './compacted-under-read.ts';
import { fencedBelowSegment } from './fenced-below-trim.ts';
import { type Mutant, mutant } from './mutant.ts';
import { searchBehindSegments } from './search-behind-segments.ts';

/** Bugs of compaction. */
export const COMPACTION_MUTANTS: readonly Mutant[] = [
  mutant(
    'chunks are deleted before a root version names their segment',
    'write/owner-state.ts',
    '    const next = compactedRoot(before, freshNonce(requests.entropy), entry, replaced);\n',
    `    const next = compactedRoot(before, freshNonce(requests.entropy), entry, replaced);
    await this.#collector.collectChunks(before.chunks, entry.end).catch(() => undefined);
`,
  ),
  mutant(
    'segments are deleted before a root version names the one in their place',
    'write/owner-state.ts',
    '    const next = compactedRoot(before, freshNonce(requests.entropy), entry, replaced);\n',
    `    const next = compactedRoot(before, freshNonce(requests.entropy), entry, replaced);
    await this.#collector.deleteSegments(replaced).catch(() => undefined);
`,
  ),
  mutant(
    'segments that become one take along what a truncate removed',
    'segment/segment-source.ts',
    'records.filter((record) => record.id <= last)',
    'records.filter((record) => record.id <= record.id + last)',
  ),
  mutant(
    'a segment is named whatever was truncated since it was made',
    'write/owner-state.ts',
    '    if (isStale) {',
    '    if (isStale && entry.bytes < 0) {',
  ),
  mutant(
    'chunks are deleted before the root version with their segment is verified',
    'write/owner-state.ts',
    '    if (!(await roots.isNewest(next))) await this.#overtaken(next);\n    this.#root = next;\n    this.#index.dropBefore(next.chunks);\n    this.#collectFreed(before);\n    return true;',
    '    this.#root = next;\n    this.#index.dropBefore(next.chunks);\n    this.#collectFreed(before);\n    return true;',
  ),
  mutant(
    'segments that are not named yet are collected',
    'collection/collector.ts',
    '(await this.#epochOf(key)) < root.epoch',
    '(await this.#epochOf(key)) <= root.epoch',
  ),
  mutant(
    'segments that nobody can name any more are never collected',
    'collection/collector.ts',
    '(await this.#epochOf(key)) < root.epoch',
    '(await this.#epochOf(key)) < 0',
  ),
  mutant(
    'a segment takes along what a truncate removed',
    'compaction/compactor.ts',
    'Math.min(chunk.nextId - 1, keptLast(root, chunk.epoch))',
    'chunk.nextId - 1',
  ),
  mutant(
    'a segment stands for one chunk more than it holds',
    'compaction/compactor.ts',
    'end = { epoch: chunk.epoch, slot: chunk.slot + 1 };',
    'end = { epoch: chunk.epoch, slot: chunk.slot + 2 };',
  ),
  mutant(
    'a truncate leaves in segments what it removes',
    'root/root.ts',
    'nextId: Math.min(segment.nextId, keepLast + 1)',
    'nextId: segment.nextId',
  ),
  mutant(
    'an opener does not count what is in segments',
    'open/last-chunk.ts',
    'if (last === undefined) return root.chunks.firstId;',
    'if (last === undefined) return root.trim.firstId;',
  ),
  {
    ...mutant(
      'chunks are searched from the trim mark on, which are in segments',
      'read/locator.ts',
      '?? root.chunks;',
      '?? root.trim;',
    ),
    scenario: searchBehindSegments,
  },
  mutant(
    'an opener looks for an end of an epoch from its first slot on',
    'root/root.ts',
    'return epoch === chunks.epoch ? chunks.slot : 0;',
    'return epoch === chunks.epoch ? 0 : 0;',
  ),
  {
    ...mutant(
      'what a truncate left of a chunk is asked after it was read, whatever was compacted meanwhile',
      'read/chunk-reader.ts',
      'Math.min(keptLast(before, chunk.epoch), keptLast(now, chunk.epoch))',
      'Math.min(keptLast(now, chunk.epoch), keptLast(now, chunk.epoch))',
    ),
    scenario: compactedUnderRead,
  },
  {
    ...mutant(
      'whoever is fenced is told that nothing counts, whatever was compacted since',
      'write/owner-state.ts',
      'isSettled: comparePlaces(place, root.chunks) >= 0',
      'isSettled: comparePlaces(place, root.trim) >= 0',
    ),
    scenario: fencedBelowSegment,
  },
];
