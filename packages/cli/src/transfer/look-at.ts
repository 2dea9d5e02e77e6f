import type { Log } from '@wal/core';
import type { Address } from '../address/address.ts';
import { withLog } from '../address/open-log.ts';

/**
 * Looks at the log at an address, if there is one, without disturbing its writer. Why it cannot be read, if there is
 * something else, its opening for writing will say.
 * @throws what `look` throws
 */
export async function lookAt(
  address: Address,
  env: NodeJS.ProcessEnv,
  look: (log: Log) => void | Promise<void>,
): Promise<void> {
  let isOpen = false;
  try {
    await withLog(address, { readOnly: true }, env, async ({ log }) => {
      isOpen = true;
      await look(log);
    });
  } catch (error) {
    if (isOpen) throw error;
  }
}
