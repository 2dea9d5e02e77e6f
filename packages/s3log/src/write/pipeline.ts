import { encodeChunk } from '../chunk/chunk.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { hashOfChunk, NO_HASH } from '../chunk/object-header.ts';
import type { SlotPlace } from '../keys/log-keys.ts';
import { freshNonce } from '../runtime/entropy.ts';
import type { Requests } from '../store/requests.ts';
import { ChunkBuffers } from './chunk-buffers.ts';
import type { Group } from './group.ts';
import { type PutControl, putChunk, type SlotOutcome } from './slot-put.ts';

/** A group on its way. */
export interface SentGroup {
  readonly group: Group;
  readonly place: SlotPlace;
  outcome: SlotOutcome | undefined;
}

/** Who hears of what was sent. */
export interface PipelineOwner {
  /** Called in slot order: this chunk is stored, and so are all before it. */
  onLanded(sent: SentGroup): void;
  /** Called once, for the lowest slot that did not land: nothing is sent any more. */
  onStopped(sent: SentGroup): void;
}

/**
 * Sends groups to the slots of an epoch, several at once. A slot counts once all slots below it do, and none is
 * sent before the one `maxInFlight` below it counts, so an opener that sees the newest slots sees every hole.
 */
export class Pipeline implements PutControl {
  readonly #requests: Requests;
  readonly #source: ChunkSource;
  readonly #uuid: string;
  readonly #maxInFlight: number;
  readonly #owner: PipelineOwner;
  readonly #buffers = new ChunkBuffers();
  #sent: SentGroup[] = [];
  #next: SlotPlace;
  #previousHash = NO_HASH;
  /** How many may be in flight: halved when the store asks for less, and raised by and by. */
  #window: number;
  #isStopped = false;

  constructor(
    requests: Requests,
    source: ChunkSource,
    log: { readonly uuid: string; readonly epoch: number; readonly maxInFlight: number },
    owner: PipelineOwner,
  ) {
    this.#requests = requests;
    this.#source = source;
    this.#uuid = log.uuid;
    this.#maxInFlight = log.maxInFlight;
    this.#window = log.maxInFlight;
    this.#next = { epoch: log.epoch, slot: 0 };
    this.#owner = owner;
  }

  /** The place that the next chunk gets. */
  get next(): SlotPlace {
    return this.#next;
  }

  get isIdle(): boolean {
    return this.#sent.length === 0;
  }

  get hasRoom(): boolean {
    return !this.#isStopped && this.#sent.length < Math.floor(this.#window);
  }

  /** Goes on in a new epoch; while idle. */
  begin(epoch: number): void {
    this.#next = { epoch, slot: 0 };
    this.#previousHash = NO_HASH;
  }

  /** Sends a group as the next chunk; while there is room. */
  send(group: Group): void {
    const place = this.#next;
    const { entropy, clock } = this.#requests;
    const nonce = freshNonce(entropy);
    const origin = {
      ...place,
      uuid: this.#uuid,
      firstId: group.firstId,
      nonce,
      previousHash: this.#previousHash,
      appendedAtMs: clock.now(),
    };
    const sent: SentGroup = { group, place, outcome: undefined };
    this.#sent.push(sent);
    const allocate = (bytes: number): Uint8Array => this.#buffers.take(bytes);
    const encode = (): Uint8Array => group.encode((batch) => encodeChunk(batch, origin, allocate));
    void this.#put(place, nonce, encode).then((outcome) => {
      sent.outcome = outcome;
      this.#settle();
    });
  }

  /** Encodes at once, and puts. Without the memory for that nothing is sent. */
  async #put(place: SlotPlace, nonce: string, encode: () => Uint8Array): Promise<SlotOutcome> {
    this.#next = { epoch: place.epoch, slot: place.slot + 1 };
    let bytes: Uint8Array;
    try {
      bytes = encode();
    } catch (cause) {
      return { kind: 'absent', cause };
    }
    this.#previousHash = hashOfChunk(bytes);
    const outcome = await putChunk(this.#requests, this.#source, { place, bytes, nonce }, this);
    if (outcome.kind === 'landed' && outcome.isFirst) this.#buffers.give(bytes);
    return outcome;
  }

  /** Takes out what was sent and does not count, in slot order. */
  withdraw(): readonly SentGroup[] {
    this.#isStopped = true;
    return this.#sent.splice(0);
  }

  /** As a `PutControl`. */
  isStopped(): boolean {
    return this.#isStopped;
  }

  /** As a `PutControl`. */
  onThrottled(): void {
    this.#window = Math.max(1, this.#window / 2);
  }

  #settle(): void {
    for (let [head] = this.#sent; head?.outcome !== undefined; [head] = this.#sent) {
      if (this.#isStopped) return;
      if (head.outcome.kind !== 'landed') {
        this.#isStopped = true;
        this.#owner.onStopped(head);
        return;
      }
      this.#sent.shift();
      this.#window = Math.min(this.#maxInFlight, this.#window + 1 / this.#window);
      this.#owner.onLanded(head);
    }
  }
}
