import { appended, emptyState, Oracle, trimmed } from '@wal/conformance';
import { describe, expect, it } from 'vitest';

const record = Uint8Array.of(1);

/** An append and a trim behind it, both called and neither answered. */
function inFlight(oracle: Oracle): Oracle {
  oracle.begin('append', 'append', (state) => appended(state, [record]));
  oracle.begin('trim 1', 'trim', (state) => trimmed(state, 1));
  return oracle;
}

describe('what may be found of an append and a trim in flight', () => {
  const nothing = emptyState(1);
  const both = trimmed(appended(nothing, [record]), 1);

  it('is nothing, the append, or both', () => {
    expect(inFlight(new Oracle(nothing, true)).allowed()).toEqual([
      nothing,
      appended(nothing, [record]),
      both,
    ]);
  });

  it('is the trim alone, too, where storage may have refused the append', () => {
    const base = appended(nothing, [record, record]);
    const allowed = inFlight(new Oracle(base, true, true)).allowed();
    expect(allowed).toContainEqual(trimmed(base, 1));
    expect(inFlight(new Oracle(base, true)).allowed()).not.toContainEqual(trimmed(base, 1));
  });

  it('is no less than what was acknowledged', () => {
    const oracle = new Oracle(nothing, true, true);
    const done = oracle.begin('append', 'append', (state) => appended(state, [record]));
    oracle.end(done, 'done');
    inFlight(oracle);
    for (const { nextId } of oracle.allowed()) expect(nextId).toBeGreaterThan(1);
  });
});
