// A crash in the middle of an append, and what may be there afterwards.
// npm run build && node examples/dist/in-memory/crash.js
import { createMemLog, createMemStorage } from '@wal/memlog';

const storage = createMemStorage();
const log = createMemLog({ storage, faults: { beforeSync: () => new Promise(() => {}) } });
const append = log.append(new Uint8Array(8)).catch((error) => console.log(error.code));
storage.crash({ keepInFlight: 1 }); // 0, the default: the record is lost; 1: it turns out to be there
await append; // ERR_LOG_OUTCOME_UNKNOWN
console.log(createMemLog({ storage }).lastId); // 1
