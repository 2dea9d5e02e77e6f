/** The terminal, as far as a progress bar needs it. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Shows how far something has come. */
export interface Progress {
  /** Cheap enough to be called often: it draws ten times a second at most. */
  show(done: number): void;
  /** Takes the bar off the screen. */
  clear(): void;
}

const INTERVAL_MS = 100;
const LABEL_COLUMNS = 30;
const ERASE_LINE = '\r\u001b[K';

/** A bar where there is a terminal, nothing where there is none. */
export function createProgress(
  terminal: Terminal,
  label: string,
  total: number,
  now: () => number = performance.now.bind(performance),
): Progress {
  if (terminal.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  let shownAt = -INTERVAL_MS;
  return {
    show(done) {
      if (now() - shownAt < INTERVAL_MS) return;
      shownAt = now();
      // A pseudo-terminal that nobody gave a size says 0.
      terminal.write(ERASE_LINE + drawBar(label, done, total, terminal.columns || 80));
    },
    clear: () => void terminal.write(ERASE_LINE),
  };
}

/** The bar as one line that fits into `columns`. */
export function drawBar(label: string, done: number, total: number, columns: number): string {
  // A file may grow while it is read, and some of the system's say that they are empty.
  const part = total > 0 ? Math.min(done / total, 1) : 1;
  const head = label.slice(0, LABEL_COLUMNS).padEnd(LABEL_COLUMNS);
  const width = columns - head.length - ' [] 100% '.length;
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  if (width < 1) return percent;
  const full = Math.floor(part * width);
  return `${head} [${'='.repeat(full)}${' '.repeat(width - full)}] ${percent}`;
}
