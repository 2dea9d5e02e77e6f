import { constants } from 'node:os';
import { EXIT } from './failure/exit-code.ts';
import { Interrupted } from './failure/interrupted.ts';
import { BrokenPipe } from './output/output.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Stopped from outside: by a signal, or because the output cannot be written any more. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code that it gives; `undefined` while there was none. */
  readonly exitCode: number | undefined;
  /** The output cannot be written any more. */
  outputFailed(error: Error): void;
}

/** Listens for signals. The first asks the program to end; the next one ends it, as if nobody listened. */
export function listenForInterruption(): Interruption {
  const stop = new AbortController();
  let exitCode: number | undefined;
  const end = (code: number, reason: Error): void => {
    exitCode ??= code;
    stop.abort(reason);
  };
  for (const signal of SIGNALS) {
    // Not `once`: the lock of a log listens, too, and ends the process when it finds itself alone.
    const onSignal = (): void => {
      if (!stop.signal.aborted) {
        end(128 + constants.signals[signal], new Interrupted(`stopped by ${signal}`));
        return;
      }
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
  return {
    signal: stop.signal,
    get exitCode() {
      return exitCode;
    },
    outputFailed: (error) =>
      end(error instanceof BrokenPipe ? EXIT.brokenPipe : EXIT.failed, error),
  };
}
