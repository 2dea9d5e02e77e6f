import { type DiskFile, FORMAT_VERSION, LogError } from '@wal/core';
import { readFully } from '../disk/file-io.ts';
import { decodeMetaSlot, META_SLOT_BYTES, type MetaSlot, type MetaState } from './meta.ts';

export const META = 'META';

/** A slot that tells the state. */
export interface StateSlot {
  readonly index: 0 | 1;
  readonly counter: number;
  readonly state: MetaState;
  readonly bytes: Uint8Array;
}

/** Both slots of a META file, as they are. */
export interface MetaSlots {
  readonly slots: readonly MetaSlot[];
  /** The one that tells the state: the valid one with the higher counter; `undefined` when none does. */
  readonly newest: StateSlot | undefined;
}

export async function readSlots(file: DiskFile): Promise<MetaSlots> {
  const bytes = await readFully(file, 0, 2 * META_SLOT_BYTES);
  const halves = [bytes.subarray(0, META_SLOT_BYTES), bytes.subarray(META_SLOT_BYTES)] as const;
  const slots = halves.map(decodeMetaSlot);
  const [first, second] = ([0, 1] as const).flatMap((index) => {
    const slot = slots[index];
    return slot?.kind === 'state' ? [{ ...slot, index, bytes: halves[index] }] : [];
  });
  const isSecond = first !== undefined && second !== undefined && second.counter > first.counter;
  return { slots, newest: isSecond ? second : first };
}

/**
 * The slot of a META file that tells the state.
 * @throws LogError `ERR_LOG_UNSUPPORTED_FORMAT`, `ERR_LOG_CORRUPT` when neither checks out
 */
export async function readStateSlot(file: DiskFile): Promise<StateSlot> {
  const { slots, newest } = await readSlots(file);
  if (newest === undefined) throw unreadable(slots);
  return newest;
}

function unreadable(slots: readonly MetaSlot[]): LogError {
  const unsupported = slots.find((slot) => slot.kind === 'unsupported');
  if (unsupported !== undefined) {
    const { version, what } = unsupported;
    return new LogError(
      'ERR_LOG_UNSUPPORTED_FORMAT',
      `META ${what}, which this release does not read, version=${version} supported=${FORMAT_VERSION}`,
      { segment: META, byteOffset: 0, version },
    );
  }
  if (slots.every((slot) => slot.kind === 'foreign')) {
    return new LogError('ERR_LOG_UNSUPPORTED_FORMAT', 'META is not the META of a log', {
      segment: META,
      byteOffset: 0,
    });
  }
  return metaLost('neither slot of META checks out');
}

/** What a log is whose state is lost. Which ids it has, only META tells: so the lowest that may be lost is 0. */
export function metaLost(message: string): LogError {
  const place = { segment: META, byteOffset: 0, firstAffectedId: 0 };
  return new LogError('ERR_LOG_CORRUPT', message, place);
}
