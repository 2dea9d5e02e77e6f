import { abortable } from '@wal/core';
import { Interrupted } from '../failure/interrupted.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Address } from './address.ts';

/** Of the surroundings, what it takes to ask a store. */
export type Asker = Pick<Surroundings, 'env' | 'signal' | 'stderr'>;

/** Most stores have answered by then. */
const PATIENCE_MS = 5_000;

/**
 * Waits for a store, which is tried for a minute when it does not answer: on a terminal a line says so. What is
 * asked may be left behind, as by a process that was killed. @throws `signal.reason` as soon as it is aborted,
 * which a line says, too
 */
export async function whileWaiting<Answer>(
  answer: Promise<Answer>,
  { bucket }: Extract<Address, { kind: 'bucket' }>,
  { signal, stderr }: Asker,
): Promise<Answer> {
  const line = `wal: no answer from the store of ${bucket} yet: it is tried for a minute; Ctrl-C ends that`;
  const notice = setTimeout(() => {
    if (stderr.isTerminal) void stderr.line(line).catch(() => undefined);
  }, PATIENCE_MS);
  try {
    return await abortable(answer, signal);
  } catch (error) {
    if (error instanceof Interrupted) {
      await stderr.line(`wal: ${error.message} before the store of ${bucket} had answered`);
    }
    throw error;
  } finally {
    clearTimeout(notice);
  }
}
