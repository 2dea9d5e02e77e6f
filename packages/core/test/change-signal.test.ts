import { ChangeSignal } from '@wal/core';
import { expect, test } from 'vitest';

test('calls back once, at the next change', () => {
  const changes = new ChangeSignal();
  let calls = 0;
  changes.once(() => calls++);
  changes.notify();
  changes.notify();
  expect(calls).toBe(1);
});

test('does not call back what was forgotten, also by one who is called before', () => {
  const changes = new ChangeSignal();
  const calls: string[] = [];
  const forget: (() => void)[] = [];
  changes.once(() => {
    calls.push('first');
    for (const each of forget) each();
  });
  forget.push(changes.once(() => calls.push('second')));
  changes.notify();
  expect(calls).toEqual(['first']);
});

test('wakes who waits at a change, at an abort, and at once where that has come', async () => {
  const changes = new ChangeSignal();
  const over = new AbortController();
  const woken = changes.wait(new AbortController().signal);
  changes.notify();
  await woken;
  const aborted = changes.wait(over.signal);
  over.abort();
  await aborted;
  await changes.wait(over.signal);
});
