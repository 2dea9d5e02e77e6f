import { getEventListeners } from 'node:events';
import { abortable, abortablePromise, throwIfAborted } from '@wal/core';
import { describe, expect, test } from 'vitest';

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;
const never = (): Promise<never> => new Promise(() => {});

describe('throwIfAborted', () => {
  test('ABORT-1: throws the reason, whatever it is', () => {
    const reason = new Error('enough');
    for (const thrown of [reason, 'enough', null, 0]) {
      let caught: unknown = 'nothing';
      try {
        throwIfAborted(AbortSignal.abort(thrown));
      } catch (error) {
        caught = error;
      }
      expect(caught).toBe(thrown);
    }
  });

  test('does nothing without a signal, or without an abort', () => {
    throwIfAborted(undefined);
    throwIfAborted(new AbortController().signal);
  });
});

describe('abortable', () => {
  test('without a signal is the promise itself', () => {
    const promise = never();
    expect(abortable(promise, undefined)).toBe(promise);
  });

  test('settles as the promise does, and leaves no listener', async () => {
    const { signal } = new AbortController();
    const failure = new Error('failed');
    const good = abortable(Promise.resolve(5), signal);
    const bad = abortable(Promise.reject(failure), signal);
    expect(listeners(signal)).toBe(2);
    await expect(good).resolves.toBe(5);
    await expect(bad).rejects.toBe(failure);
    expect(listeners(signal)).toBe(0);
  });

  test('ABORT-2: rejects with the reason as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const waiting = abortable(never(), controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(listeners(controller.signal)).toBe(0);
  });

  test('ABORT-1: rejects with the reason of a signal aborted before, also where it is undefined', async () => {
    await expect(abortable(Promise.resolve(5), AbortSignal.abort('enough'))).rejects.toBe('enough');
    const signal = { aborted: true, removeEventListener: () => {} } as unknown as AbortSignal;
    await expect(abortable(never(), signal)).rejects.toBeUndefined();
  });

  test('what the promise does after an abort is nobody’s unhandled rejection', async () => {
    const controller = new AbortController();
    let reject = (_: Error): void => {};
    const late = new Promise<never>((_, no) => {
      reject = no;
    });
    const waiting = abortable(late, controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow();
    reject(new Error('too late'));
    // The test runner fails on unhandled rejections, which are found when the microtasks are done.
    await new Promise(setImmediate);
  });
});

describe('abortablePromise', () => {
  test('settles as it is told, and leaves no listener', async () => {
    const { signal } = new AbortController();
    const failure = new Error('failed');
    const good = abortablePromise<number>(signal, (resolve) => resolve(5));
    const bad = abortablePromise(signal, (_, reject) => reject(failure));
    await expect(good).resolves.toBe(5);
    await expect(bad).rejects.toBe(failure);
    await expect(abortablePromise(undefined, (resolve) => resolve(6))).resolves.toBe(6);
    expect(listeners(signal)).toBe(0);
  });

  test('ABORT-2: rejects with the reason of an abort, and what comes after is nothing', async () => {
    const controller = new AbortController();
    let resolve: (value: number) => void = () => undefined;
    const promise = abortablePromise<number>(controller.signal, (settle) => {
      resolve = settle;
    });
    const reason = new Error('enough');
    controller.abort(reason);
    resolve(5);
    await expect(promise).rejects.toBe(reason);
  });

  test('ORDER-2: with and without a signal they settle in the order in which they are told', async () => {
    const { signal } = new AbortController();
    const settled: string[] = [];
    let tell = (): void => undefined;
    const first = abortablePromise<void>(signal, (resolve) => {
      tell = resolve;
    });
    const second = abortablePromise<void>(undefined, (resolve) => {
      const before = tell;
      tell = () => {
        before();
        resolve();
      };
    });
    const both = [
      second.then(() => settled.push('second')),
      first.then(() => settled.push('first')),
    ];
    tell();
    await Promise.all(both);
    expect(settled).toEqual(['first', 'second']);
  });
});
