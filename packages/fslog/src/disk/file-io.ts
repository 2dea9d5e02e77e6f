import type { DiskFile } from '@wal/core';

/**
 * Reads `length` bytes from `position`, fewer only where the file ends: to `into`, if it is given, and to memory
 * of its own otherwise.
 */
export async function readFully(
  file: DiskFile,
  position: number,
  length: number,
  into?: Uint8Array,
): Promise<Uint8Array> {
  const bytes = into ?? new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  let done = 0;
  while (done < length) {
    const count = await file.read(bytes.subarray(done), position + done);
    if (count === 0) break;
    done += count;
  }
  return done === length ? bytes : bytes.subarray(0, done);
}

/**
 * Writes all of `bytes`. A short write is gone on with: the next one either succeeds or names the error
 * that the short one hid.
 */
export async function writeFully(
  file: DiskFile,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const count = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (count === 0) throw Object.assign(new Error('EIO: nothing was written'), { code: 'EIO' });
    done += count;
  }
}

/** A write through that failed: it may have written, and not have brought to the disk, what a read gives. */
export class WriteThroughFailure extends Error {
  constructor(cause: unknown) {
    super('a write through failed', { cause });
  }
}

/**
 * As `writeFully`, and true if all of it is durable when it resolves: not where the disk has no such call, nor where that
 * one was cut short. What is left then is only written, so that an error of it is not one of a sync.
 * @throws WriteThroughFailure, and as `writeFully`
 */
export async function writeThrough(
  file: DiskFile,
  bytes: Uint8Array,
  position: number,
): Promise<boolean> {
  let done = 0;
  try {
    done = (await file.writeThrough?.(bytes, position)) ?? 0;
  } catch (error) {
    throw new WriteThroughFailure(error);
  }
  if (done === bytes.length) return true;
  await writeFully(file, bytes.subarray(done), position + done);
  return false;
}

const ZEROS = new Uint8Array(262_144);

/** Writes zeros from `position` to `end`. */
export async function writeZeros(file: DiskFile, position: number, end: number): Promise<void> {
  for (let at = position; at < end; at += ZEROS.length) {
    await writeFully(file, ZEROS.subarray(0, Math.min(ZEROS.length, end - at)), at);
  }
}

const COPY_BYTES = 1_048_576;

/** Copies the bytes from `start` to `end` of one file to `position` of another, or of the same. */
export async function copyRange(
  source: DiskFile,
  start: number,
  end: number,
  target: DiskFile,
  position: number,
): Promise<void> {
  for (let at = start; at < end; at += COPY_BYTES) {
    const bytes = await readFully(source, at, Math.min(COPY_BYTES, end - at));
    await writeFully(target, bytes, position + at - start);
  }
}

/**
 * Closes a file that was only read, or was synced since it was written, or whose fate does not matter any
 * more: an error of the close says nothing about its bytes then, and the descriptor is gone all the same.
 */
export async function closeQuietly(file: DiskFile): Promise<void> {
  await file.close().catch(() => undefined);
}
