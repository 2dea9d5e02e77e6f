/** Whether a text is what a document shows of it: `…` there stands for anything within a line, alone for any lines. */
export function isAsShown(printed: string, shown: string): boolean {
  const pattern = shown
    .trimEnd()
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/^…$/gm, '[^]*')
    .replaceAll('…', '.*');
  return new RegExp(`^${pattern}$`).test(printed.trimEnd());
}
