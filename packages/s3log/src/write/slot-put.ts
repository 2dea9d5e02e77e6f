import { isLogError } from '@wal/core';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { corrupt } from '../chunk/object-header.ts';
import type { SlotPlace } from '../keys/log-keys.ts';
import type { Requests } from '../store/requests.ts';
import { isWorthRepeating, kindOf } from '../store/store-error.ts';

/** What became of a chunk that was sent to its slot. */
export type SlotOutcome =
  /** It is stored; with `isFirst` by the only request that was made. */
  | { readonly kind: 'landed'; readonly isFirst: boolean }
  /** A newer owner's seal is there. */
  | { readonly kind: 'sealed' }
  /** It may be stored, or may be later. */
  | { readonly kind: 'unknown'; readonly cause: unknown }
  /** It is not stored, and will not be. */
  | { readonly kind: 'absent'; readonly cause: unknown };

/** A chunk on its way. */
export interface SlotPut {
  readonly place: SlotPlace;
  readonly bytes: Uint8Array;
  readonly nonce: string;
}

/** What the sender of a chunk decides. */
export interface PutControl {
  /** Whether it is not to be sent again. */
  isStopped(): boolean;
  /** Called when the store asks for fewer requests. */
  onThrottled(): void;
}

/** Puts a chunk into its slot: the same bytes again and again, until it is known what is there. */
export async function putChunk(
  requests: Requests,
  source: ChunkSource,
  { place, bytes, nonce }: SlotPut,
  control: PutControl,
): Promise<SlotOutcome> {
  const key = source.keyOf(place);
  const put = requests.putting(key, bytes);
  const deadline = requests.deadline();
  const backoff = requests.backoff();
  let isInDoubt = false;
  for (;;) {
    let cause: unknown;
    try {
      if ((await put()) === 'created') {
        return { kind: 'landed', isFirst: !isInDoubt };
      }
      const there = await source.header(place);
      if (there?.kind === 'seal') return { kind: 'sealed' };
      if (there?.nonce === nonce) return { kind: 'landed', isFirst: false };
      if (there !== undefined) throw corrupt(key, 'holds a chunk that this writer did not send');
      // It was there, and is trimmed since: a newer owner's seal will be found, if not here then above.
      isInDoubt = true;
    } catch (error) {
      cause = error;
      if (isLogError(error)) return { kind: 'unknown', cause };
      if (!isWorthRepeating(error)) return { kind: isInDoubt ? 'unknown' : 'absent', cause };
      isInDoubt = true;
      if (kindOf(error) === 'throttled') control.onThrottled();
    }
    if (control.isStopped() || requests.isOver(deadline)) return { kind: 'unknown', cause };
    await backoff.wait();
    if (control.isStopped()) return { kind: 'unknown', cause };
  }
}
