import type { BucketWatcher } from './bucket.ts';
import {
  type Content,
  contentOf,
  numberOf,
  readRoot,
  readSegment,
  readSlot,
  type StoredRoot,
  type StoredSegment,
  type StoredSlot,
} from './stored-log.ts';

const EMPTY: Content = { firstId: 0, records: new Map(), nextId: 0 };

/** Watches a bucket, and what writers and readers are told, and says at once what is wrong. */
export class Judge implements BucketWatcher {
  /** What was found, the first first. */
  readonly findings: string[] = [];
  /** The root versions that count: each landed while the one before was the newest. */
  readonly effective: StoredRoot[] = [];
  readonly #slots = new Map<string, StoredSlot>();
  readonly #segments = new Map<string, StoredSegment>();
  /** Those that have come since a collection began, from a put that was late, perhaps. */
  readonly #newSegments = new Set<string>();
  readonly #roots = new Set<number>();
  readonly #committed = new Set<string>();
  readonly #committedPayloads = new Set<string>();
  /** Records that were in the log one behind the other. */
  readonly #pairs = new Set<string>();
  /** Places that have held a chunk. A seal that lands there later ends nothing. */
  readonly #held = new Set<string>();
  /** How far the log reached, each time that changed. */
  readonly #extents: string[] = [];
  /** Payloads that their writers were told are not in the log. */
  readonly #refused = new Set<string>();
  content: Content = EMPTY;

  onCreate(key: string, body: Uint8Array, by: string): void {
    const [kind, first = '', second = ''] = key.split('/');
    if (kind === 'root') this.#onRoot(readRoot(body, by), numberOf(first));
    if (kind === 's') {
      this.#segments.set(nonceOf(first), readSegment(body));
      this.#newSegments.add(nonceOf(first));
    }
    if (kind === 'd') this.#onSlot(numberOf(first), numberOf(second), readSlot(body), by);
  }

  onDelete(key: string): void {
    const [kind, first = '', second = ''] = key.split('/');
    const newest = this.effective.at(-1);
    if (kind === 'root') {
      this.#roots.delete(numberOf(first));
      if (Math.max(...this.#roots) < (newest?.version ?? 0))
        this.find('the newest root is deleted');
    }
    if (kind === 's') {
      const isNamed = newest?.segments.some(({ nonce }) => nonce === nonceOf(first));
      if (isNamed) this.find(`the segment ${first} is deleted, and the root names it`);
      this.#segments.delete(nonceOf(first));
    }
    if (kind !== 'd' || newest === undefined) return;
    const [epoch, slot] = [numberOf(first), numberOf(second)];
    const { chunks } = newest;
    const isBelow = epoch < chunks.epoch || (epoch === chunks.epoch && slot < chunks.slot);
    if (!isBelow)
      this.find(`${epoch}/${slot} is deleted, and chunks begin at ${chunks.epoch}/${chunks.slot}`);
    const place = `${epoch}/${slot}`;
    const isSeal = this.#slots.get(place)?.isSeal === true;
    if (isSeal && !this.#held.has(place)) this.find(`the seal ${place} is deleted`);
    this.#slots.delete(`${epoch}/${slot}`);
    this.#update();
  }

  /** An append was acknowledged. */
  acknowledged(id: number, payload: string): void {
    if (!this.wasCommitted(id, payload))
      this.find(`${id}=${payload} is acknowledged, and not in the log`);
  }

  /** An append was rejected with an error that says that it is not in the log, and never will be. */
  refused(payload: string): void {
    this.#refused.add(payload);
    if (this.#committedPayloads.has(payload)) this.find(`${payload} is refused, and in the log`);
  }

  /** A reader was given a record. */
  delivered(id: number, payload: string): void {
    if (!this.wasCommitted(id, payload))
      this.find(`${id}=${payload} is read, and was never in the log`);
  }

  /** A reader was given one record behind another. */
  deliveredBehind(id: number, payload: string, previous: string): void {
    // When the second came, the first may have been trimmed already: then it was the last of those.
    const isPair = [previous, `${id - 1}=undefined`].some((one) =>
      this.#pairs.has(`${one} ${id}=${payload}`),
    );
    if (!isPair) this.find(`${id}=${payload} is read behind ${previous}, and never was there`);
  }

  /** A mark in time, for `reached`. */
  get moment(): number {
    return Math.max(0, this.#extents.length - 1);
  }

  /** An opener was told how far the log reaches: it must have, at some moment since. */
  reached(firstId: number, nextId: number, since: number): void {
    const extent = `${firstId} ${nextId}`;
    const seen = this.#extents.slice(since);
    if (!seen.includes(extent)) this.find(`opened ${extent}, and it was only ${seen.join(', ')}`);
  }

  wasCommitted(id: number, payload: string): boolean {
    return this.#committed.has(`${id}=${payload}`);
  }

  /** How many epochs there are above the last one with a chunk that is needed. A stray one above a seal is not. */
  get idleEpochs(): number {
    const { epoch, chunks } = this.effective.at(-1) ?? { epoch: 0, chunks: { epoch: 0, slot: 0 } };
    const isIdle = (at: number): boolean => {
      const first = at === chunks.epoch ? chunks.slot : 0;
      return this.#slots.get(`${at}/${first}`)?.isSeal !== false;
    };
    let used = epoch;
    while (used > chunks.epoch && isIdle(used)) used--;
    return epoch - used;
  }

  /** How many root versions of a kind a process has made count. */
  changesBy(process: string, kind: string): number {
    return this.effective.filter((root) => root.by === process && root.kind === kind).length;
  }

  /** A collection begins. */
  collecting(): void {
    this.#newSegments.clear();
  }

  /** It is over: every segment that was there is one that the root names, or was made in its epoch. */
  collected(): void {
    const root = this.effective.at(-1);
    const named = new Set(root?.segments.map(({ nonce }) => nonce));
    for (const [nonce, { epoch }] of this.#segments) {
      const isGarbage = !named.has(nonce) && epoch < (root?.epoch ?? 0);
      if (isGarbage && !this.#newSegments.has(nonce))
        this.find(`the segment ${nonce} of epoch ${epoch} is left`);
    }
  }

  find(what: string): void {
    this.findings.push(what);
  }

  #onRoot(root: StoredRoot, version: number): void {
    if (root.version !== version) this.find(`root ${root.version} is stored as ${version}`);
    const newest = Math.max(-1, ...this.#roots);
    this.#roots.add(version);
    if (version !== newest + 1) return; // The past: its author finds that out.
    const before = this.effective.at(-1);
    this.effective.push(root);
    const isOwners = ['trim', 'truncate', 'compact'].includes(root.kind);
    if (isOwners && before !== undefined && this.#ownerOf(before.epoch) !== root.by) {
      this.find(`${root.by} makes a ${root.kind}, and does not own epoch ${before.epoch}`);
    }
    this.#update(before);
  }

  #onSlot(epoch: number, slot: number, stored: StoredSlot, by: string): void {
    this.#slots.set(`${epoch}/${slot}`, stored);
    if (!stored.isSeal) this.#held.add(`${epoch}/${slot}`);
    const newest = this.effective.at(-1);
    if (!stored.isSeal && newest !== undefined) {
      if (this.#ownerOf(epoch) !== by) this.find(`${by} writes to epoch ${epoch}, not its own`);
      for (let older = newest.chunks.epoch; older < epoch; older++) {
        if (!this.#isSealed(older)) this.find(`data in epoch ${epoch}, and ${older} is not sealed`);
      }
    }
    this.#update();
  }

  #ownerOf(epoch: number): string | undefined {
    return this.effective.find((root) => root.epoch === epoch)?.by;
  }

  #isSealed(epoch: number): boolean {
    return [...this.#slots].some(([place, { isSeal }]) => isSeal && place.startsWith(`${epoch}/`));
  }

  /** What the log holds now: more than before, but for what a root version has trimmed or truncated since. */
  #update(before = this.effective.at(-1)): void {
    const root = this.effective.at(-1);
    if (root === undefined) return;
    const old = this.content;
    try {
      this.content = contentOf(root, this.#slots, this.#segments);
    } catch (error) {
      this.find((error as Error).message);
      return;
    }
    const { records, firstId, nextId } = this.content;
    const extent = `${firstId} ${nextId}`;
    if (this.#extents.at(-1) !== extent) this.#extents.push(extent);
    const kept =
      root !== before && root.kind === 'truncate' ? lastKept(root) : Number.POSITIVE_INFINITY;
    for (const [id, payload] of old.records) {
      if (id >= firstId && id <= kept && records.get(id) !== payload) {
        this.find(`${id}=${payload} was in the log, and is not any more`);
        break;
      }
    }
    for (const [id, payload] of records) {
      if (old.records.get(id) === payload) continue;
      this.#committed.add(`${id}=${payload}`);
      this.#committedPayloads.add(payload);
      this.#pairs.add(`${id - 1}=${records.get(id - 1)} ${id}=${payload}`);
      if (this.#refused.has(payload)) this.find(`${payload} was refused, and comes into the log`);
    }
  }
}

/** The nonce in a segment's key, behind the id. */
function nonceOf(name: string): string {
  return name.slice(17);
}

function lastKept({ epochs, epoch }: StoredRoot): number {
  return epochs.find((entry) => entry.epoch === epoch - 1)?.keepLast ?? Number.POSITIVE_INFINITY;
}
