// A disk that is slow, full, rotten or failing, as a log in memory has it when it is told to.
// npm run build && node examples/dist/in-memory/faults.js
import { createMemLog, failOnce, type MemLogFaults } from '@wal/memlog';

const faults: MemLogFaults = {};
const log = createMemLog({ faults });
const record = new Uint8Array(8);
const codeOf = (error: { code: string }) => error.code;

// Every sync takes 5 ms, of a virtual clock if setTimeout has one.
faults.beforeSync = () => new Promise((resolve) => setTimeout(resolve, 5));
await log.append(record);

// The disk is full, once: the record is absent, the log stays usable.
faults.beforeAppend = failOnce();
console.log(await log.append(record).catch(codeOf)); // ERR_LOG_NO_SPACE

// The next read finds rotten bytes.
faults.beforeRead = failOnce();
console.log(await log.get(1).catch(codeOf)); // ERR_LOG_CORRUPT

// The sync fails: unknown for this append, ERR_LOG_FAILED for every later write.
faults.beforeSync = failOnce();
console.log(await log.append(record).catch(codeOf)); // ERR_LOG_OUTCOME_UNKNOWN
console.log(await log.append(record).catch(codeOf)); // ERR_LOG_FAILED
