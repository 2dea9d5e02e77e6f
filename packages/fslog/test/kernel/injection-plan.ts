import { seededRandom } from '../support/workload.ts';
import {
  canLast,
  describeInjection,
  FAULTS,
  type Fault,
  type Injection,
  isPossible,
  isWaking,
} from './injection.ts';
import { DISK_CALLS, type DiskCallName, type TracedCall } from './strace.ts';

/**
 * How much of what can fail is let fail: `few` has every fault of every kind of call once, and once for good;
 * `places` each call too, with one fault; `all` each call with each fault.
 */
const EXTENTS = ['few', 'places', 'all'] as const;

export type Extent = (typeof EXTENTS)[number];

export function extentOf(text = 'places'): Extent {
  const extent = EXTENTS.find((each) => each === text);
  if (extent === undefined) throw new Error(`KERNEL_FAULTS is none of ${EXTENTS.join(', ')}`);
  return extent;
}

function faultsOf(name: DiskCallName): Fault[] {
  return FAULTS.filter((fault) => isPossible(name, fault));
}

function modesOf(name: DiskCallName, fault: Fault): boolean[] {
  return canLast(name, fault) ? [false, true] : [false];
}

/** Which calls of a name can be let fail, counted from 1. */
export function placesOf(calls: readonly TracedCall[], name: DiskCallName): number[] {
  return calls
    .filter((call) => call.name === name)
    .flatMap(({ text }, i) => (isWaking(text) ? [] : i + 1));
}

/** What of a call is covered by an injection: that it fails, and the way in which it does. */
export function placeOf({ name, at }: Injection): string {
  return `${name} ${at}`;
}

export function wayOf({ name, fault, isLasting }: Injection): string {
  return `${name} ${fault}${isLasting ? ' for good' : ''}`;
}

/** The injections to make in a scenario that made `calls` when nothing failed. */
export function planInjections(
  calls: readonly TracedCall[],
  extent: Extent,
  seed: number,
): Injection[] {
  if (extent === 'all') return everything(calls);
  const plan = extent === 'places' ? everyPlace(calls, seed) : [];
  const covered = plan.filter(({ name }) => isCounted(name)).map(wayOf);
  return [...plan, ...everyWayBut(new Set(covered), calls, seed)];
}

/** Whether calls have the same number in each run. The pool wakes the main thread by `write`, as often as it must. */
function isCounted(name: DiskCallName): boolean {
  return name !== 'write';
}

function everything(calls: readonly TracedCall[]): Injection[] {
  return DISK_CALLS.flatMap((name) =>
    faultsOf(name).flatMap((fault) =>
      modesOf(name, fault).flatMap((isLasting) =>
        placesOf(calls, name).map((at) => ({ name, fault, at, isLasting })),
      ),
    ),
  );
}

/** Each call fails once. With as many seeds as there are faults it fails with each of them. */
function everyPlace(calls: readonly TracedCall[], seed: number): Injection[] {
  return DISK_CALLS.flatMap((name) => {
    const faults = faultsOf(name);
    return placesOf(calls, name).map((at) => {
      const fault = faults[(seed + at) % faults.length] as Fault;
      return { name, fault, at, isLasting: false };
    });
  });
}

function everyWayBut(
  covered: ReadonlySet<string>,
  calls: readonly TracedCall[],
  seed: number,
): Injection[] {
  const random = seededRandom(seed);
  return DISK_CALLS.flatMap((name) => {
    const places = placesOf(calls, name);
    if (places.length === 0) return [];
    const ways = faultsOf(name).flatMap((fault) =>
      modesOf(name, fault).map((isLasting) => {
        // The first has the same number even so.
        const at = places[isCounted(name) ? random(places.length) : 0] as number;
        return { name, fault, at, isLasting };
      }),
    );
    return ways.filter((way) => !covered.has(wayOf(way)));
  });
}

/** Those whose description is the pattern; all without one. */
export function matching(injections: readonly Injection[], pattern: string | undefined) {
  if (pattern === undefined) return [...injections];
  return injections.filter((each) => new RegExp(`^${pattern}$`).test(describeInjection(each)));
}
