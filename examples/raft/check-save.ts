import type { LiveEntries } from './live-entries.ts';
import type { Entry, HardState, SnapshotMark } from './raft-record.ts';

/** What a node saves at once. */
export interface Save {
  readonly state: HardState;
  readonly entries: readonly Entry[];
  readonly snapshot: SnapshotMark | undefined;
}

/** Whether it is the leader's snapshot, of another log than this: it takes the place of all entries. */
function isInstalled(live: LiveEntries, snapshot: SnapshotMark | undefined): boolean {
  return snapshot !== undefined && !live.matches(snapshot);
}

/** @throws RangeError for what no Raft node does: it would take back what it promised, or leave a gap. */
export function checkSave(
  before: { readonly state: HardState; readonly live: LiveEntries; readonly newest: SnapshotMark },
  { state, entries, snapshot }: Save,
): void {
  const { term, vote, commit } = before.state;
  if (state.term < term) refuse(`term ${state.term} is before ${term}`);
  if (state.term === term && vote !== 0 && state.vote !== vote)
    refuse(`the vote of term ${term} is ${vote}'s`);
  if (state.commit < commit) refuse(`${commit} is committed, which is more than ${state.commit}`);
  let last = before.live.lastIndex;
  let fixed = commit;
  if (snapshot !== undefined) {
    const { index } = snapshot;
    if (index > state.commit) refuse(`the snapshot at ${index} is not of committed entries`);
    if (index <= before.newest.index) refuse(`there is a snapshot at ${before.newest.index}`);
    if (isInstalled(before.live, snapshot)) {
      if (index <= commit) refuse(`entry ${index} is committed, and another one`);
      last = index;
      fixed = index;
    }
  }
  let next = entries[0]?.index ?? last + 1;
  if (next > last + 1) refuse(`entry ${next} does not follow ${last}`);
  if (next <= fixed) refuse(`entry ${next} is committed already`);
  for (const { index } of entries) {
    if (index !== next++) refuse(`entry ${index} is out of order`);
  }
  if (entries.length > 0) last = next - 1;
  if (state.commit > last) refuse(`${state.commit} is committed, and the last entry is ${last}`);
}

function refuse(message: string): never {
  throw new RangeError(message);
}
