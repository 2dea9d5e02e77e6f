import type { S3Log } from '@wal/s3log';

/** Opens the log that is lived through: always the same one. */
export type OpenLog = (options?: { readonly readOnly?: boolean }) => Promise<S3Log>;

/** All that a writer does with a log, each more than once. @returns the ids that are left. */
export async function liveAsWriter(open: OpenLog): Promise<number[]> {
  for (let owner = 0; owner < 2; owner++) {
    const log = await open();
    for (let i = 0; i < 6; i++) await log.append(Buffer.from(`record ${log.nextId}`));
    await log.compact();
    await log.truncate(log.nextId - 2);
    await log.append(Buffer.from('after the truncate'));
    await log.trim((log.firstId ?? 0) + 1);
    await log.get(log.nextId - 1);
    await log.close();
  }
  const log = await open();
  await log.append(Buffer.from('the last'));
  await log.collect();
  await log.close();
  return await liveAsReader(open);
}

/** All that a reader does. @returns the ids that it saw. */
export async function liveAsReader(open: OpenLog): Promise<number[]> {
  const log = await open({ readOnly: true });
  const ids: number[] = [];
  for await (const { id } of log.iterator()) ids.push(id);
  const { lastId = 0 } = log;
  await log.get(lastId);
  // Beyond the end there is nothing, and that is something else than a refusal.
  const missing = await log.get(lastId + 1).catch((error) => error);
  if (missing.code !== 'ERR_LOG_NOT_FOUND') throw missing;
  await log.close();
  return ids;
}
