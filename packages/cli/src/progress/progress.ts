import { SingleBar } from 'cli-progress';
import type { Output } from '../output/output.ts';
import { bytesText, countText, durationText } from './quantity.ts';

/** What long work shows of itself. */
export interface Progress {
  /** So much is done, of the total that was given. Cheap enough to be called often. */
  show(done: number): void;
  /** Takes it off the screen. May be called again. */
  end(): void;
}

export interface ProgressOptions {
  /** One word: what is being done. */
  readonly label: string;
  readonly unit: 'records' | 'bytes' | 'tests';
  /** `undefined` where nobody knows: then there is a count, and no bar. */
  readonly total: number | undefined;
  /** False for those who asked for quiet. */
  readonly isWanted: boolean;
}

const NONE: Progress = { show: () => undefined, end: () => undefined };

/** A bar on stderr, with rate and time left, where that is a terminal; else nothing. */
export function startProgress(
  stderr: Output,
  { label, unit, total, isWanted }: ProgressOptions,
): Progress {
  if (!isWanted || !stderr.isTerminal) return NONE;
  const amount = unit === 'bytes' ? bytesText : countText;
  const of = total === undefined ? '' : `/${amount(total)}`;
  const startedAt = performance.now();
  let done = 0;
  const text = (): string => {
    const perSecond = (done * 1000) / Math.max(1, performance.now() - startedAt);
    const left = total === undefined || done === 0 ? undefined : (total - done) / perSecond;
    const rate = `${amount(done)}${of} ${unit === 'bytes' ? '' : `${unit} `}| ${amount(perSecond)}/s`;
    return left === undefined ? rate : `${rate} | ${durationText(left)} left`;
  };
  const bar = new SingleBar({
    stream: stderr.stream as NodeJS.WritableStream,
    format: (_, { progress }) => {
      if (total === undefined) return `${label} ${text()}`;
      const full = Math.round(progress * BAR_COLUMNS);
      const drawn = '='.repeat(full).padEnd(BAR_COLUMNS, '-');
      return `${label} [${drawn}] ${String(Math.floor(progress * 100)).padStart(3)}% ${text()}`;
    },
    fps: 10,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(total ?? 0, 0);
  return {
    show(now) {
      done = now;
      bar.update(now);
    },
    end: () => bar.stop(),
  };
}

const BAR_COLUMNS = 24;
