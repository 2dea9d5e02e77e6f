import type { Change, ChangeCall, Extent, History, Interval, Ownership } from './history.ts';
import { LogTimeline, opening } from './log-timeline.ts';

/** More orders than these are not tried. */
const MOST_ORDERS = 10_000;

/** Owners follow one another by their epochs, and the changes of each in the order of its calls. */
type Event =
  | { readonly kind: 'open'; readonly ownership: Ownership }
  | { readonly kind: 'change'; readonly change: ChangeCall; readonly owner: string };

/**
 * Whether a history is that of a log: whether all that was done and seen can be put into one order in which a log for
 * a single client would have given the same answers, and in which nothing comes before what had returned when it was
 * called. An owner's changes come before the next owner opens the log. A change of unknown outcome is done
 * somewhere, or not at all; whichever explains what was seen will do.
 * @returns what cannot be explained; `undefined` if all can.
 */
export function explainHistory(history: History, start: Extent): string | undefined {
  const ownerships = history.ownerships.toSorted((a, b) => a.epoch - b.epoch);
  const twice = ownerships.find(({ epoch }, i) => epoch === ownerships[i - 1]?.epoch);
  if (twice !== undefined) return `epoch ${twice.epoch} has two owners, ${twice.owner} is one`;
  const events = ownerships.flatMap((ownership): Event[] => [
    { kind: 'open', ownership },
    ...ownership.changes
      .filter(({ outcome }) => outcome !== 'void')
      .map((change): Event => ({ kind: 'change', change, owner: ownership.owner })),
  ]);
  return new Search(history, start, events).run();
}

/** Tries one choice after the other of what of unknown outcome was done. */
class Search {
  readonly #history: History;
  readonly #start: Extent;
  readonly #events: readonly Event[];
  #orders = 0;
  /** How far an order came at best, and what stood in its way. */
  #furthest = -1;
  #obstacle = '';

  constructor(history: History, start: Extent, events: readonly Event[]) {
    this.#history = history;
    this.#start = start;
    this.#events = events;
  }

  run(): string | undefined {
    const isExplained = this.#explore([]);
    if (isExplained) return undefined;
    const note = this.#orders > MOST_ORDERS ? `, in the first ${MOST_ORDERS} orders` : '';
    return `${this.#obstacle}${note}`;
  }

  /** With these changes left out. */
  #explore(left: readonly ChangeCall[]): boolean {
    if (this.#orders++ > MOST_ORDERS) return false;
    const timeline = new LogTimeline(this.#start);
    /** Changes of unknown outcome that were taken for done, since the last choice. */
    const taken: ChangeCall[] = [];
    const isAfterChoice = (change: ChangeCall): boolean => {
      const last = left.at(-1);
      return last === undefined || this.#placeOf(change) > this.#placeOf(last);
    };
    let isWhole = true;
    for (const [i, event] of this.#events.entries()) {
      if (event.kind === 'change' && left.includes(event.change)) continue;
      const isDone =
        event.kind === 'open'
          ? timeline.take(opening(event.ownership), event.ownership)
          : timeline.take(event.change, event.change);
      if (event.kind === 'change' && event.change.outcome === 'unknown') {
        if (isDone && isAfterChoice(event.change)) taken.push(event.change);
      } else if (!isDone) {
        this.#stopped(
          i,
          `${describe(event)} is not what a log does that ends at ${show(timeline)}`,
        );
        isWhole = false;
        break;
      }
    }
    if (isWhole) {
      const unseen = this.#history.observations.find((seen) => !timeline.shows(seen));
      if (unseen === undefined) return true;
      this.#stopped(this.#events.length, `${JSON.stringify(unseen)} was never to be seen`);
    }
    return taken.toReversed().some((change) => this.#explore([...left, change]));
  }

  #placeOf(change: ChangeCall): number {
    return this.#events.findIndex((event) => event.kind === 'change' && event.change === change);
  }

  #stopped(at: number, obstacle: string): void {
    if (at <= this.#furthest) return;
    this.#furthest = at;
    this.#obstacle = obstacle;
  }
}

function show({ end }: LogTimeline): string {
  return `${end.firstId}..${end.nextId}`;
}

function describe(event: Event): string {
  if (event.kind === 'open') {
    const { owner, epoch, firstId, nextId, call, returned } = event.ownership;
    return `the opening of ${owner}, epoch ${epoch}, ${firstId}..${nextId}, ${call} to ${returned},`;
  }
  const { change, owner } = event;
  return `${JSON.stringify(change satisfies Change & Interval)} of ${owner}`;
}
