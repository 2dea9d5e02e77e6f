import { sayLine } from '@wal/test-harness';
import Sqlite from 'better-sqlite3';
import { openSqliteLog } from '../custom-backend/sqlite-log.ts';

// Appends batches of three records, and says the last id of each once it is acknowledged; until it is killed.
const [path = ''] = process.argv.slice(2);
const log = await openSqliteLog(new Sqlite(path));
for (;;) {
  const first = log.nextId;
  const batch = [first, first + 1, first + 2].map((id) => Buffer.from(`record ${id}`));
  const [{ lastId }] = await Promise.all([log.append(batch), log.trim(Math.max(0, first - 30))]);
  sayLine(lastId);
}
