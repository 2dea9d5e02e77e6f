const CONTEXT_LINES = 3;

/** Where two texts begin to differ: some lines before, what was there, and what is. */
export function firstDifference(before, after) {
  const [was, is] = [before.split('\n'), after.split('\n')];
  const first = was.findIndex((line, index) => line !== is[index]);
  const start = first === -1 ? was.length : first;
  const part = (lines, sign) =>
    lines.slice(start, start + CONTEXT_LINES).map((line) => `${sign} ${line}`);
  return [
    ...was.slice(Math.max(0, start - CONTEXT_LINES), start).map((line) => `  ${line}`),
    ...part(was, '-'),
    ...part(is, '+'),
  ].join('\n');
}
