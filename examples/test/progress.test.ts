import { expect, test } from 'vitest';
import { createProgress, drawBar } from '../replay/progress.ts';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 60, written, write: (text: string) => written.push(text) };
}

test('nothing is drawn where there is no terminal', () => {
  const terminal = recorder(false);
  const progress = createProgress(terminal, 'append', 100);
  progress.show(50);
  progress.clear();
  expect(terminal.written).toEqual([]);
});

test('a terminal gets ten bars a second at most, and a clean line in the end', () => {
  const terminal = recorder(true);
  let now = 0;
  const progress = createProgress(terminal, 'append', 1000, () => now);
  for (now = 0; now < 1000; now++) progress.show(now);
  progress.clear();
  expect(terminal.written.length).toBe(11);
  expect(terminal.written.at(-1)).toBe('\r\u001b[K');
});

test.each([
  [0, '[                 ]   0%'],
  [50, '[========         ]  50%'],
  [100, '[=================] 100%'],
  [200, '[=================] 100%'],
])('the bar at %i of 100', (done, expected) => {
  const bar = drawBar('append a-file-with-a-name-that-is-long', done, 100, 56);
  expect(bar).toContain(expected);
  expect(bar.length).toBeLessThan(56);
});

test('a bar of nothing is full, and a narrow terminal gets the number alone', () => {
  expect(drawBar('append', 0, 0, 80)).toContain('100%');
  expect(drawBar('append', 1, 2, 20)).toBe(' 50%');
});
