// What a Raft node saves, and what it finds after a restart.
// npm run build && node examples/dist/raft/restart.js
import { openFsLog } from '@wal/fslog';
import { RaftLog } from './raft-log.ts';

const metadata = Buffer.from('node 1 of cluster 7'); // the log of another node or cluster is refused
const entry = (index: number, term: number, text: string) => ({
  index,
  term,
  data: Buffer.from(text),
});

const first = await RaftLog.open(await openFsLog('raft', { metadata }));
await first.save({ term: 1, vote: 2, commit: 0 }, [entry(1, 1, 'a'), entry(2, 1, 'b')]);
await first.save({ term: 2, vote: 3, commit: 1 }, [entry(2, 2, 'B'), entry(3, 2, 'c')]); // a conflict at 2
await first.save({ term: 2, vote: 3, commit: 2 }, [], { index: 2, term: 2 }); // the application has a snapshot
await first.release(2); // so what came before is not needed any more
await first.close();

const again = await RaftLog.open(await openFsLog('raft', { metadata }));
const { hardState, entries } = await again.readAll();
console.log(hardState); // { term: 2, vote: 3, commit: 2 }
console.log(entries.map(({ index, data }) => [index, Buffer.from(data).toString()])); // [ [ 3, 'c' ] ]
await again.close();
