import type { Log } from '@wal/core';
import { assertEqual } from './assertions.ts';
import { drain } from './records.ts';

/** What became of a promise so far. */
export interface Watched {
  state: 'pending' | 'resolved' | 'rejected';
}

/** Notes how a promise settles; a rejection counts as handled. */
export function watch(promise: Promise<unknown>): Watched {
  const watched: Watched = { state: 'pending' };
  promise.then(
    () => {
      watched.state = 'resolved';
    },
    () => {
      watched.state = 'rejected';
    },
  );
  return watched;
}

/** The places of these promises in the order in which they settle, once all have. */
export async function settleOrder(promises: readonly Promise<unknown>[]): Promise<number[]> {
  const order: number[] = [];
  const noted = promises.map((promise, place) => {
    const note = (): void => {
      order.push(place);
    };
    return promise.then(note, note);
  });
  await Promise.all(noted);
  return order;
}

/** Lets everything go on that waits for a microtask only, `count` steps of it. */
export async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}

/**
 * Asserts that these have settled by the time that `last` has, give or take the microtasks in which one
 * promise passes its value on to another.
 */
export async function assertSettledBefore(
  last: Promise<unknown>,
  promises: readonly Promise<unknown>[],
  what: string,
): Promise<void> {
  const watched = promises.map(watch);
  await last;
  await microtasks(50);
  for (const { state } of watched) assertEqual(state, 'resolved', what);
}

/** Lets one turn of the event loop pass: no time, only what was ready before. */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (): void => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/**
 * Asserts that something does not settle while the log does other work: at the log's own pace, so that
 * neither a fast machine nor a slow backend changes what is tested. What must settle is never judged
 * by this, but awaited.
 */
export async function assertWaits(
  log: Log,
  waiting: readonly Promise<unknown>[],
  what: string,
): Promise<void> {
  const watched = waiting.map(watch);
  for (let round = 0; round < 3; round++) {
    await drain(log.iterator());
    await macrotask();
  }
  for (const { state } of watched) assertEqual(state, 'pending', what);
}
