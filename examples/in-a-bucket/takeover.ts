// A log in a bucket: a second writer takes it over, and the first one is told.
// npm run build && node examples/dist/in-a-bucket/takeover.js
import { isLogError } from '@wal/core';
import { createDirectoryStore, openS3Log } from '@wal/s3log';

const store = createDirectoryStore('objects'); // or, in place of `store`: bucket: 'my-bucket', region: 'eu-central-1'
const log = await openS3Log({ store, prefix: 'orders' });
const appends = ['created', 'paid', 'shipped'].map((text) => log.append(Buffer.from(text)));
await Promise.all(appends); // appends at the same time share one put

const next = await openS3Log({ store, prefix: 'orders' }); // takes the log over, from any machine
console.log(next.epoch, next.lastId); // 2 3: what was acknowledged is there
try {
  await log.append(Buffer.from('too late'));
} catch (error) {
  if (!isLogError(error, 'ERR_LOG_FENCED')) throw error;
  console.log(error.code); // the record is not in the log, and never will be
}
await log.close();

const reader = await openS3Log({ store, prefix: 'orders', readOnly: true }); // beside the writer
for await (const { id, data } of reader.iterator({ start: 2 })) {
  console.log(id, Buffer.from(data).toString()); // 2 paid, then 3 shipped
}
await reader.close();
await next.close();
