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
  readonly unit: 'records' | 'bytes' | 'tests' | 'seconds';
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
  const startedAt = performance.now();
  let done = 0;
  const text = (): string => {
    const perSecond = (done * 1000) / Math.max(1, performance.now() - startedAt);
    return amountText({ unit, total, done, perSecond });
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

interface Amount {
  readonly unit: ProgressOptions['unit'];
  readonly total: number | undefined;
  readonly done: number;
  readonly perSecond: number;
}

/** `12/30 records | 4/s | 5 s left` */
function amountText({ unit, total, done, perSecond }: Amount): string {
  const amount = unit === 'bytes' ? bytesText : countText;
  const of = total === undefined ? '' : `/${amount(total)}`;
  const parts = [`${amount(done)}${of}${unit === 'bytes' ? '' : ` ${unit}`}`];
  if (unit !== 'seconds') parts.push(`${amount(perSecond)}/s`);
  if (total !== undefined && done > 0)
    parts.push(`${durationText((total - done) / perSecond)} left`);
  return parts.join(' | ');
}
