import type { SimRandom } from '@wal/conformance';
import type { Entry, HardState, SnapshotMark } from '../raft/raft-record.ts';

/** What is handed to `save`. */
export interface ModelSave {
  readonly state: HardState;
  readonly entries: readonly Entry[];
  readonly snapshot?: SnapshotMark | undefined;
}

const BEGINNING: SnapshotMark = { index: 0, term: 0 };
const same = (a: SnapshotMark, b: SnapshotMark) => a.index === b.index && a.term === b.term;

/** What a Raft log must be, in the plainest way: arrays. */
export class RaftModel {
  state: HardState = { term: 0, vote: 0, commit: 0 };
  /** Without a gap. */
  entries: readonly Entry[] = [];
  marks: readonly SnapshotMark[] = [];
  /** The entries up to this one cannot be read any more. */
  goneUpTo = 0;

  copy(): RaftModel {
    return Object.assign(new RaftModel(), this);
  }

  get lastIndex(): number {
    return this.entries.at(-1)?.index ?? this.goneUpTo;
  }

  /** Whether a save is made durable at once. */
  mustSync({ state, entries, snapshot }: ModelSave): boolean {
    const isNewTerm = state.term !== this.state.term || state.vote !== this.state.vote;
    return entries.length > 0 || snapshot !== undefined || isNewTerm;
  }

  save({ state, entries, snapshot }: ModelSave): void {
    if (snapshot !== undefined) {
      if (!this.entries.some((entry) => same(entry, snapshot))) {
        this.entries = [];
        this.marks = [];
        this.goneUpTo = snapshot.index;
      }
      this.marks = [...this.marks, snapshot];
    }
    for (const entry of entries)
      this.entries = [...this.entries.filter(({ index }) => index < entry.index), entry];
    this.state = state;
  }

  release(index: number): void {
    this.marks = this.marks.filter((mark) => mark.index >= index);
    this.entries = this.entries.filter((entry) => entry.index >= index);
    this.goneUpTo = Math.max(this.goneUpTo, index - 1);
  }

  /** What is read at a snapshot; `undefined` if there is none. */
  readAt(at: SnapshotMark): readonly Entry[] | undefined {
    const isKnown = [BEGINNING, ...this.marks].some((mark) => same(mark, at));
    if (!isKnown || at.index < this.goneUpTo) return undefined;
    return this.entries.filter(({ index }) => index > at.index);
  }

  randomSave(random: SimRandom): ModelSave {
    const { term, vote, commit } = this.state;
    const newTerm = term + (random.chance(0.2) || term === 0 ? 1 : 0);
    const newVote = newTerm > term ? random.integer(0, 3) : vote || random.integer(0, 3);
    const installed = random.chance(0.05)
      ? { index: this.lastIndex + random.integer(0, 5) + 1, term: newTerm }
      : undefined;
    const last = installed?.index ?? this.lastIndex;
    const first = random.chance(0.3)
      ? random.integer(Math.max(commit, last - 4), last) + 1
      : last + 1;
    const count = random.chance(0.3) ? 0 : random.integer(1, 4);
    const entries = Array.from({ length: count }, (_, i) => ({
      index: (installed === undefined ? first : last + 1) + i,
      term: newTerm,
      data: Uint8Array.from({ length: random.integer(0, 40) }, () => random.integer(0, 255)),
    }));
    const newLast = entries.at(-1)?.index ?? last;
    const known = Math.max(commit, installed?.index ?? 0);
    const newCommit = random.chance(0.5) ? random.integer(known, newLast) : known;
    const state = { term: newTerm, vote: newVote, commit: newCommit };
    return { state, entries, snapshot: installed ?? this.#ownSnapshot(random, state, entries) };
  }

  /** Of committed entries of this log, newer than those there are. */
  #ownSnapshot(
    random: SimRandom,
    { commit }: HardState,
    entries: readonly Entry[],
  ): SnapshotMark | undefined {
    const newest = this.marks.at(-1)?.index ?? 0;
    const [kept] = entries;
    const possible = this.entries.filter(
      ({ index }) =>
        index > newest && index <= commit && (kept === undefined || index < kept.index),
    );
    if (possible.length === 0 || random.chance(0.7)) return undefined;
    const { index, term } = possible[random.integer(0, possible.length - 1)] as Entry;
    return { index, term };
  }
}
