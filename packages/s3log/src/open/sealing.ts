import { LogError } from '@wal/core';
import { encodeSeal } from '../chunk/chunk.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import type { ObjectHeader } from '../chunk/object-header.ts';
import type { LogContext } from '../log-context.ts';
import type { Root } from '../root/root.ts';
import { freshNonce } from '../runtime/entropy.ts';
import { failed } from '../store/requests.ts';
import { isWorthRepeating } from '../store/store-error.ts';
import type { EpochEnd } from './epoch-end.ts';

/** Who seals: the owner of a later epoch, whose claim is stored. */
export interface Sealer {
  readonly context: LogContext;
  readonly source: ChunkSource;
  readonly claim: Root;
}

/**
 * Seals an epoch at its lowest slot with nothing in it, which no writer of it can then fill. A writer that is
 * still at work may be quicker: each round of that tries twice as many slots at once, up to as many as it can have
 * in flight, and the lowest that got its seal is the end, since all below it hold chunks.
 */
export async function sealEpoch(sealer: Sealer, found: EpochEnd): Promise<EpochEnd> {
  if (found.isSealed) return found;
  const { epoch } = found;
  let next = found.slot;
  let last: ObjectHeader | undefined;
  for (let width = 1; ; width = Math.min(width * 2, sealer.claim.maxInFlight)) {
    const slots: number[] = [];
    for (; slots.length < width; next++) if (!found.above.has(next)) slots.push(next);
    const outcomes = await Promise.all(slots.map((slot) => putSeal(sealer, epoch, slot)));
    for (const outcome of outcomes) {
      const { slot } = outcome;
      if ('nextId' in outcome && outcome.kind === 'chunk') {
        last = outcome;
        continue;
      }
      const isLastKnown = last?.slot === slot - 1;
      return {
        epoch,
        slot,
        isSealed: true,
        above: new Set(),
        last: isLastKnown ? last : undefined,
      };
    }
  }
}

/** What holds a slot, once something does: a seal, this one or another's, or the chunk of a quicker writer. */
type SlotHolder = { readonly kind: 'seal'; readonly slot: number } | ObjectHeader;

/** Puts a seal into a slot, if nothing is there, until something is. @throws LogError `ERR_LOG_FAILED` */
export async function putSeal(
  { context, source, claim }: Sealer,
  epoch: number,
  slot: number,
): Promise<SlotHolder> {
  const { requests, keys } = context;
  const nonce = freshNonce(requests.entropy);
  const bytes = encodeSeal(claim.uuid, { epoch, slot }, nonce, claim.epoch);
  const put = requests.putting(keys.slot({ epoch, slot }), bytes);
  const deadline = requests.deadline();
  const backoff = requests.backoff();
  for (;;) {
    let doubt: unknown;
    try {
      if ((await put()) === 'created') return { kind: 'seal', slot };
      const stored = await source.header({ epoch, slot });
      // Trimmed between the two requests: then a newer owner will be found, in the end.
      if (stored !== undefined) return stored;
    } catch (error) {
      if (error instanceof LogError || !isWorthRepeating(error)) throw failed('a seal', error);
      doubt = error;
    }
    if (requests.isOver(deadline)) throw failed('a seal', doubt);
    await backoff.wait();
  }
}
