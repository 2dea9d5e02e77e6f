import { isLogError } from '@wal/core';
import { openS3Log } from '@wal/s3log';

/** Appends a record to a log of which it is told no more than the bucket, and says on its output what came of it. */
const [, , bucket = ''] = process.argv;
try {
  const log = await openS3Log({ bucket, prefix: 'log' });
  const { lastId } = await log.append(Buffer.from('x'));
  await log.close();
  console.log(JSON.stringify({ lastId }));
} catch (error) {
  if (!isLogError(error)) throw error;
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
