import type { Replacement } from '@wal/test-harness';
import { sealBelowTrim, sealLeftAbove, staleReader, strayChunk } from './above-the-end.ts';
import { COMPACTION_MUTANTS } from './compaction-mutants.ts';
import { fencedBelowTrim } from './fenced-below-trim.ts';
import { lateCreator } from './late-creator.ts';
import { type Mutant, mutant } from './mutant.ts';
import { overtakenOpener } from './overtaken-opener.ts';

/**
 * The log with every number as small as it can be: one root version kept, and no other a moment longer; short pages
 * of listings, and few chunks in flight; epochs forgotten as soon as they may be. It must be as safe.
 */
export const SMALLEST: readonly Replacement[] = [
  {
    file: 'collection/collector.ts',
    from: 'const KEPT_ROOTS = 16;\nconst KEPT_ROOT_MS = 3_600_000;',
    to: 'const KEPT_ROOTS = 1;\nconst KEPT_ROOT_MS = -1;',
  },
  {
    file: 'write/owner-state.ts',
    from: 'const COLLECT_EVERY = 16;',
    to: 'const COLLECT_EVERY = 3;',
  },
  { file: 'root/root.ts', from: 'const MIN_EPOCHS = 64;', to: 'const MIN_EPOCHS = 1;' },
  { file: 'options.ts', from: 'const MOST_IN_FLIGHT = 256;', to: 'const MOST_IN_FLIGHT = 4;' },
  { file: 'store/object-store.ts', from: 'const MAX_KEYS = 1000;', to: 'const MAX_KEYS = 8;' },
  {
    file: 'read/sparse-index.ts',
    from: 'const MAX_POINTS = 8192;',
    to: 'const MAX_POINTS = 4;',
  },
];
/** An index that forgets at once. */
const FORGETFUL = SMALLEST.filter(({ file }) => file === 'read/sparse-index.ts');

export const MUTANTS: readonly Mutant[] = [
  mutant(
    'a claim is not verified',
    'open/open-writer.ts',
    'return (await roots.hasCounted(claim)) ? { root: claim, ...found } : undefined;',
    'return { root: claim, ...found };',
  ),
  mutant(
    'a claim that was overtaken counts, whoever made it',
    'root/root-store.ts',
    "if (newest === undefined || fateOf(candidate, newest) !== 'applied') return false;",
    "if (newest === undefined || fateOf(candidate, newest) === 'unknown') return false;",
  ),
  {
    ...mutant(
      'a claim that was overtaken counts, whatever was freed since',
      'root/root-store.ts',
      'return !isFreed && newest.trim.firstId === candidate.trim.firstId;',
      'return isFreed || newest.version > 0;',
    ),
    scenario: overtakenOpener,
  },
  {
    name: 'a claim is verified before it is known to be stored',
    replacements: [
      {
        file: 'open/open-writer.ts',
        from: "  if ((await roots.propose(claim)) !== 'candidate') return undefined;",
        to: `  const early = roots.newestVersion();
  early.catch(() => undefined);
  if ((await roots.propose(claim)) !== 'candidate') return undefined;`,
      },
      {
        file: 'open/open-writer.ts',
        from: 'return (await roots.hasCounted(claim)) ? { root: claim, ...found } : undefined;',
        to: 'return ((await early) ?? 0) <= claim.version ? { root: claim, ...found } : undefined;',
      },
    ],
  },
  mutant(
    'seals are deleted with the chunks',
    'collection/collector.ts',
    'return isBelow && size % 2 !== SEAL_BYTES % 2 && size > SEAL_BYTES;',
    'return isBelow;',
  ),
  mutant(
    'acknowledged as they land, not in slot order',
    'write/pipeline.ts',
    '      sent.outcome = outcome;\n',
    "      sent.outcome = outcome;\n      if (outcome.kind === 'landed') sent.group.resolve();\n",
  ),
  mutant(
    'sealed behind the newest chunk, not at the lowest hole',
    'open/epoch-end.ts',
    'for (; slots.has(slot); slot++) {',
    'for (const end = (newest[0]?.slot ?? base - 1) + 1; slot < end; slot++) {',
  ),
  mutant(
    'an epoch without a chunk is not sealed',
    'open/open-writer.ts',
    'ends.push(await sealEpoch(sealer, empty));',
    'ends.push(empty);',
  ),
  mutant(
    'chunks are deleted before the root says so',
    'write/owner-state.ts',
    '    const next = trimmedRoot(before,',
    '    await this.#collector.collectChunks(before.trim, mark).catch(() => undefined);\n    const next = trimmedRoot(before,',
  ),
  mutant(
    'the newest root version is collected',
    'collection/collector.ts',
    'keys.root(oldest), isOld)',
    "'', () => true)",
  ),
  {
    ...mutant(
      'the first root version is collected like every other',
      'collection/collector.ts',
      'e.key !== first && e.modifiedAtMs < youngest',
      'e.modifiedAtMs < youngest',
    ),
    scenario: lateCreator,
  },
  mutant(
    'an occupied slot is taken for success',
    'write/slot-put.ts',
    "if ((await put()) === 'created') {\n        return { kind: 'landed', isFirst",
    "if (await put()) {\n        return { kind: 'landed', isFirst",
  ),
  mutant(
    'an occupied slot is taken for a seal',
    'write/slot-put.ts',
    "      if (there?.nonce === nonce) return { kind: 'landed', isFirst: false };\n",
    "      if (there?.nonce === nonce) return { kind: 'sealed' };\n",
  ),
  mutant(
    'a root version that is there is taken for another, without a comparison',
    'root/root-store.ts',
    "if (stored !== undefined) return stored.nonce === root.nonce ? 'candidate' : other;",
    "if (stored !== undefined) return 'lost';",
  ),
  mutant(
    'a root version that is there is taken for its own',
    'root/root-store.ts',
    "if (stored !== undefined) return stored.nonce === root.nonce ? 'candidate' : other;",
    "if (stored !== undefined) return 'candidate';",
  ),
  mutant(
    'after a truncate the slots go on in the same epoch',
    'write/writable-log.ts',
    'this.#pipeline.begin(this.#state.root.epoch);',
    'this.#pipeline.begin(this.#state.root.epoch - 1);',
  ),
  mutant(
    'a truncate does not seal its epoch',
    'write/owner-state.ts',
    'putSeal(sealer, epoch, slot),',
    "{ kind: 'seal' as const, slot, epoch, sealer, putSeal },",
  ),
  mutant(
    'nothing is sealed',
    'open/sealing.ts',
    'if (found.isSealed) return found;',
    'if (found.slot >= 0) return found;',
  ),
  mutant(
    'a reader does not look whether its root is still the newest',
    'open/open-reader.ts',
    'if (newest === version && seen !== undefined) {',
    'if (seen !== undefined) {',
  ),
  mutant(
    'truncated chunks are deleted at once',
    'write/owner-state.ts',
    '    this.truncations.record(keepLast);\n',
    `    this.truncations.record(keepLast);
    this.#inBackground(() => this.#collector.collectChunks(
      { epoch, slot: Math.max(0, slot - 2) }, { epoch, slot }));
`,
  ),
  mutant(
    'who trims does not hold the version, but reads it',
    'write/owner-state.ts',
    'trimmedRoot(before,',
    'trimmedRoot((await roots.readConfirmed()) ?? before,',
  ),
  mutant(
    'a chunk of unknown outcome is called absent',
    'write/slot-put.ts',
    "if (control.isStopped() || requests.isOver(deadline)) return { kind: 'unknown', cause };",
    "if (control.isStopped() || requests.isOver(deadline)) return { kind: 'absent', cause };",
  ),
  mutant(
    'an opener does not consider truncates',
    'open/last-chunk.ts',
    'Math.min(last.nextId - 1, keptLast(root, last.epoch))',
    'last.nextId - 1',
  ),
  mutant(
    'a follower crosses a seal without a look at the root',
    'read/replica.ts',
    '    if ((await this.checkRoot()) || this.#tail !== tail) return true;\n    if (this.#root.epoch === epoch) return false;\n',
    '',
  ),
  mutant(
    'a follower never looks at the root by itself',
    'read/replica.ts',
    'const ROOT_CHECK_MS = 10_000;',
    'const ROOT_CHECK_MS = Number.POSITIVE_INFINITY;',
  ),
  mutant(
    'what was sent behind a hole is called absent with it',
    'write/writable-log.ts',
    'return { own: (waiter) => unknownOutcome(waiter, cause), failure };',
    'return { own: (waiter) => (waiter.firstId === waiter.firstId ? failure : cause), failure };',
  ),
  mutant(
    'a listing of the newest slots is too short',
    'open/epoch-end.ts',
    'let slot = Math.max(base, (newest[0]?.slot ?? 0) - root.maxInFlight + 1);',
    'let slot = Math.max(base, (newest[0]?.slot ?? 0) - 1);',
  ),
  mutant(
    'a truncate resolves before it is verified',
    'write/owner-state.ts',
    '    if (!counts) await this.#overtaken(next);\n    if (holder',
    '    void counts;\n    if (holder',
  ),
  mutant(
    'a trim resolves before it is verified',
    'write/owner-state.ts',
    '    if (!(await roots.isNewest(next))) await this.#overtaken(next);\n    this.#root = next;\n    this.#nextId = Math.max',
    '    this.#root = next;\n    this.#nextId = Math.max',
  ),
  mutant(
    'more chunks are in flight than an opener looks back for',
    'write/pipeline.ts',
    'this.#sent.length < this.#limits.mostUnsettled',
    'this.#sent.length < 1_000',
  ),
  {
    name: 'what is met above a seal in the search for a record is kept in mind',
    replacements: [
      ...FORGETFUL,
      {
        file: 'read/locator.ts',
        from: "if (chunk?.kind !== 'chunk' || chunk.firstId > id) return false;\n    this.#index.add(chunk);\n    return true;",
        to: "if (chunk?.kind === 'chunk') this.#index.add(chunk);\n    return chunk?.kind === 'chunk' && chunk.firstId <= id;",
      },
    ],
    scenario: strayChunk,
  },
  {
    ...mutant(
      'an epoch whose first chunk is gone is passed over in the search for a record',
      'read/locator.ts',
      'comparePlaces(place, tail) < 0 && epoch !== unsealed',
      'comparePlaces(place, place) < 0',
    ),
    scenario: staleReader,
  },
  {
    ...mutant(
      'a seal in the first slot is believed, whatever was trimmed since',
      'read/locator.ts',
      'if (unproven === undefined) return;',
      'if (unproven === undefined || id >= 0) return;',
    ),
    scenario: sealBelowTrim,
  },
  {
    ...mutant(
      'an opener passes over the seals that another left above the end',
      'open/epoch-end.ts',
      'n > slot && slots.get(n) === false',
      'n > slot',
    ),
    scenario: sealLeftAbove,
  },
  {
    ...mutant(
      'whoever is fenced is told that nothing counts, whatever was trimmed since',
      'write/owner-state.ts',
      'isSettled: comparePlaces(place, root.chunks) >= 0',
      'isSettled: comparePlaces(place, place) >= 0',
    ),
    scenario: fencedBelowTrim,
  },
  ...COMPACTION_MUTANTS,
];
