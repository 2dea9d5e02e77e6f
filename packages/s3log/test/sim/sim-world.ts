/** Something that is due. Cancelled when it has no call. */
export interface SimEvent {
  readonly at: number;
  readonly order: number;
  call: (() => void) | undefined;
}

/** Time that passes only when nothing else can happen, and what is due in it. */
export class SimWorld {
  now = 0;
  /** What happened so far: a run that does not end is stopped by it. */
  events = 0;
  readonly #mostEvents: number;
  /** A heap, the next event first. */
  readonly #heap: SimEvent[] = [];
  #order = 0;

  constructor(mostEvents: number) {
    this.#mostEvents = mostEvents;
  }

  /** Calls back after `ms`, unless it is cancelled before. */
  after(ms: number, call: () => void): SimEvent {
    const heap = this.#heap;
    const event: SimEvent = { at: this.now + ms, order: this.#order++, call };
    heap.push(event);
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.#isBefore(i, parent)) break;
      this.#swap(i, parent);
      i = parent;
    }
    return event;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Lets time pass until `promise` settles. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const end = (): void => {
      isSettled = true;
    };
    promise.then(end, end);
    for (;;) {
      // Everything that needs no time has happened by then: a tick comes after all that promises have to do.
      await new Promise((resolve) => process.nextTick(resolve));
      if (isSettled) return await promise;
      if (!this.#step()) throw new Error('nothing is left to happen, and still it waits');
    }
  }

  #step(): boolean {
    let next = this.#take();
    while (next !== undefined && next.call === undefined) next = this.#take();
    if (next === undefined) return false;
    if (++this.events > this.#mostEvents) throw new Error('the run does not end');
    this.now = Math.max(this.now, next.at);
    next.call?.();
    return true;
  }

  #take(): SimEvent | undefined {
    const heap = this.#heap;
    const [next] = heap;
    const last = heap.pop();
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last;
      this.#sink();
    }
    return next;
  }

  #sink(): void {
    const { length } = this.#heap;
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < length && this.#isBefore(child, least)) least = child;
      }
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }

  #isBefore(i: number, j: number): boolean {
    const a = this.#heap[i] as SimEvent;
    const b = this.#heap[j] as SimEvent;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #swap(i: number, j: number): void {
    const heap = this.#heap as unknown[];
    [heap[i], heap[j]] = [heap[j], heap[i]];
  }
}
