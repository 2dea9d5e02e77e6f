import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { SimRandom } from '@wal/conformance';

const { randomBytes } = crypto;

/** The system's random bytes, the same ones in every run: a seed says everything about a run. */
export class RepeatableBytes {
  /** How many times some were asked for. */
  count = 0;

  install(): void {
    const repeatable = (length: number): Buffer => {
      const random = new SimRandom(++this.count);
      return Buffer.from(Array.from({ length }, () => random.integer(0, 255)));
    };
    Object.assign(crypto, { randomBytes: repeatable });
    syncBuiltinESMExports();
  }

  uninstall(): void {
    Object.assign(crypto, { randomBytes });
    syncBuiltinESMExports();
  }
}
