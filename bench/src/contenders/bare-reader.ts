import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadableContender } from './store.ts';

const CHUNK_BYTES = 256 * 1024;

/** The ceiling of a scan: the file is read in chunks, and each record is a view of one; nothing is checked. */
export const bareReader: ReadableContender = {
  name: 'bare',
  async fill(folder, record, count) {
    const file = await open(join(folder, 'bare'), 'wx+');
    const perChunk = Math.max(1, Math.floor(CHUNK_BYTES / record.length));
    const chunk = new Uint8Array(perChunk * record.length);
    for (let i = 0; i < perChunk; i++) chunk.set(record, i * record.length);
    for (let from = 0; from < count; from += perChunk) {
      const bytes = Math.min(perChunk, count - from) * record.length;
      await file.write(chunk, 0, bytes, from * record.length);
    }
    await file.sync();
    return {
      async scan() {
        let [scanned, bytes] = [0, 0];
        for (let from = 0; from < count; from += perChunk) {
          const into = new Uint8Array(chunk.length);
          const { bytesRead } = await file.read(into, 0, into.length, from * record.length);
          const records: { id: number; data: Uint8Array }[] = [];
          for (let at = 0; at < bytesRead; at += record.length) {
            records.push({ id: scanned++, data: into.subarray(at, at + record.length) });
          }
          for (const { data } of records) bytes += data.length;
        }
        return bytes;
      },
      async get(place) {
        const into = new Uint8Array(record.length);
        await file.read(into, 0, into.length, place * record.length);
        return into;
      },
      close: () => file.close(),
    };
  },
};
