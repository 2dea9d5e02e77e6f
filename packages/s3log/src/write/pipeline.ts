import { encodeChunk } from '../chunk/chunk.ts';
import type { ChunkSource } from '../chunk/chunk-source.ts';
import { hashOfChunk, NO_HASH } from '../chunk/object-header.ts';
import type { SlotPlace } from '../keys/log-keys.ts';
import { freshNonce } from '../runtime/entropy.ts';
import type { Requests } from '../store/requests.ts';
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
  /** Called when a request is over: another may be sent. */
  onRoom(): void;
}

/** How many chunks may be on their way. */
export interface PipelineLimits {
  /** Requests under way at once. */
  readonly maxInFlight: number;
  /**
   * Slots that do not count yet, stored or not: none is sent before the one so many below it counts, so an opener
   * that sees the newest slots sees every hole. More than requests: while one of them is slow, others go on.
   */
  readonly mostUnsettled: number;
}

/** Sends groups to the slots of an epoch, several at once. A slot counts once all slots below it do. */
export class Pipeline implements PutControl {
  readonly #requests: Requests;
  readonly #source: ChunkSource;
  readonly #uuid: string;
  readonly #limits: PipelineLimits;
  readonly #owner: PipelineOwner;
  /** In slot order. */
  #sent: SentGroup[] = [];
  /** How many of them have no outcome. */
  #inFlight = 0;
  #next: SlotPlace;
  #previousHash = NO_HASH;
  /** How many may be in flight: halved when the store asks for less, and raised by and by. */
  #window: number;
  #isStopped = false;

  constructor(
    requests: Requests,
    source: ChunkSource,
    log: { readonly uuid: string; readonly epoch: number },
    limits: PipelineLimits,
    owner: PipelineOwner,
  ) {
    this.#requests = requests;
    this.#source = source;
    this.#uuid = log.uuid;
    this.#limits = limits;
    this.#window = limits.maxInFlight;
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
    if (this.#isStopped || this.#inFlight >= Math.floor(this.#window)) return false;
    return this.#sent.length < this.#limits.mostUnsettled;
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
    const bytes = group.encode((batch) => encodeChunk(batch, origin));
    this.#previousHash = hashOfChunk(bytes);
    this.#next = { epoch: place.epoch, slot: place.slot + 1 };
    const sent: SentGroup = { group, place, outcome: undefined };
    this.#sent.push(sent);
    this.#inFlight++;
    const put = { place, bytes, nonce };
    void putChunk(this.#requests, this.#source, put, this).then((outcome) => {
      this.#inFlight--;
      if (outcome.kind === 'landed' && outcome.isFirst) group.release();
      sent.outcome = outcome;
      this.#settle();
      this.#owner.onRoom();
    });
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
      this.#window = Math.min(this.#limits.maxInFlight, this.#window + 1 / this.#window);
      this.#owner.onLanded(head);
    }
  }
}
