import type { Log } from '@wal/core';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The stored records of a log as `id=text`, read with an iterator. */
export async function contents(log: Log): Promise<string[]> {
  const records: string[] = [];
  for await (const { id, data } of log.iterator()) records.push(`${id}=${decoder.decode(data)}`);
  return records;
}

/** What became of calls: `ok`, or the error's code. */
export async function outcomes(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.map((call) => (call.status === 'fulfilled' ? 'ok' : String(call.reason.code)));
}
