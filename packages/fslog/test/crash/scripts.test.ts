import type { SimCall, SimErrorCode, SimFault } from '@wal/conformance';
import { describe, expect, it } from 'vitest';
import { scale, seeds } from './environment.ts';
import { runScript } from './script-run.ts';
import { SCRIPTS } from './scripts.ts';

const timeout = 10 ** 8;
const ERRORS: readonly SimErrorCode[] = ['EIO', 'ENOSPC', 'UNKNOWN', 'EMFILE', 'EROFS'];

/** What can go wrong at one call. */
const FAULTS: Readonly<Record<string, (call: SimCall, seed: number) => SimFault | undefined>> = {
  'an error, nothing done': (call, seed) => ({
    error: ERRORS[(call.number + seed) % ERRORS.length] as SimErrorCode,
  }),
  'an error, part of it written': ({ kind, length }, seed) =>
    kind === 'write'
      ? { error: seed % 2 === 0 ? 'ENOSPC' : 'EIO', writtenBytes: 1 + (seed % length) }
      : undefined,
  'an error, all of it written': ({ kind, length }) =>
    kind === 'write' ? { error: 'EIO', writtenBytes: length } : undefined,
  'a short write': ({ kind, length }, seed) =>
    kind === 'write' ? { writtenBytes: 1 + (seed % length) } : undefined,
};

describe.each(Object.entries(SCRIPTS))('%s', (_, script) => {
  it('CRASH-1: the power goes at every call', { timeout }, async () => {
    const [seed = 0] = seeds(1);
    const { states } = await runScript(script, seed, { statesPerStep: Math.ceil(4 * scale) });
    expect(states).toBeGreaterThan(100);
  });

  it.each(Object.entries(FAULTS))(
    'APPEND-8: %s, at any call',
    { timeout },
    async (_name, fault) => {
      const [seed = 0] = seeds(1);
      let calls = 1;
      const stride = scale > 1 ? 1 : 3;
      for (let n = 1 + (seed % stride); n <= calls + stride; n += stride) {
        const result = await runScript(script, seed, {
          statesPerStep: scale > 1 ? 1 : 0,
          fault: (call) =>
            call.number === n && call.kind !== 'release' ? fault(call, seed + n) : undefined,
        });
        calls = result.calls;
      }
    },
  );
});
