import { isLogError, type Log } from '@wal/core';
import type { Address } from '../address/address.ts';
import { withLog } from '../address/open-log.ts';
import type { Asker } from '../address/unanswered-store.ts';

/**
 * Looks at the log at an address, if there is one, without disturbing its writer. Why it cannot be read, if there is
 * something else, its opening for writing will say.
 * @throws what `look` throws; LogError `ERR_LOG_FAILED`; `signal.reason`
 */
export async function lookAt(
  address: Address,
  asker: Asker,
  look: (log: Log) => void | Promise<void>,
): Promise<void> {
  let isOpen = false;
  try {
    await withLog(address, { readOnly: true }, asker, async ({ log }) => {
      isOpen = true;
      await look(log);
    });
  } catch (error) {
    if (isOpen || error === asker.signal.reason) throw error;
    // It would fail once more, after as long a wait.
    if (isLogError(error, 'ERR_LOG_FAILED')) throw error;
  }
}
