// What a log in memory keeps when its program starts again.
// npm run build && node examples/dist/in-memory/restart.js
import { createMemLog, createMemStorage } from '@wal/memlog';

const text = (data: Uint8Array) => new TextDecoder().decode(data);
const bytes = (value: string) => new TextEncoder().encode(value);

const storage = createMemStorage();
const log = createMemLog({ storage });
await log.append(bytes('first'));
const pending = log.append([bytes('second'), bytes('third')]); // durable as a whole, or not at all
console.log(await pending); // { firstId: 2, lastId: 3 }
await log.trim(1);
await log.close();

const reopened = createMemLog({ storage }); // as after a restart of the program
for await (const { id, data } of reopened.iterator()) console.log(id, text(data)); // 2 second, 3 third
await reopened.close();
