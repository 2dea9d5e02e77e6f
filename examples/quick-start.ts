import { openFsLog } from '@wal/fslog';

const log = await openFsLog('orders'); // a directory: created if it is not there
await log.append(Buffer.from('created')); // resolves once the record is on the disk
const { firstId, lastId } = await log.append([Buffer.from('paid'), Buffer.from('shipped')]);
console.log(firstId, lastId); // 2 3: a batch is durable as a whole or not at all

for await (const { id, data } of log.iterator({ start: 2 })) {
  console.log(id, Buffer.from(data).toString()); // 2 paid, then 3 shipped
}
await log.trim(1); // record 1 is no longer needed: gone for good
await log.close();

const reopened = await openFsLog('orders'); // as after a restart, or a crash
console.log(reopened.firstId, reopened.nextId); // 2 4
await reopened.close();
