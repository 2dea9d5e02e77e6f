import { describe, expect, it } from 'vitest';
import { type Outcome, outcomeOf } from './damage.ts';
import { DIRECTORY, type Ending, type SmallLog, smallLog } from './damage-log.ts';
import { scale } from './environment.ts';

const timeout = 10 ** 8;
/** Zeros that mean nothing are damaged only here and there, unless there is time. */
const ZERO_STRIDE = scale > 1 ? 1 : 61;

type Files = readonly (readonly [string, Uint8Array])[];

/** Counts the outcomes of a kind of damage, done to one file after the other. */
async function tally(
  log: SmallLog,
  damages: (files: Files, log: SmallLog) => Iterable<readonly [string, Uint8Array | undefined]>,
): Promise<Map<Outcome, number>> {
  const counts = new Map<Outcome, number>();
  const files = log.storage.files(DIRECTORY);
  for (const [path, bytes] of damages([...files], log)) {
    // Its META is the one of a log that was killed at rest.
    if (log.isInFlight && path.includes('/META/')) continue;
    const outcome = await outcomeOf(log, path, bytes).catch((error: unknown) => {
      const at = firstDifference(files.get(path), bytes);
      throw new Error(`${path}, ${bytes?.length} bytes, byte ${at}: ${error}`, { cause: error });
    });
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}

function firstDifference(a: Uint8Array | undefined, b: Uint8Array | undefined): number | undefined {
  return a?.findIndex((byte, i) => byte !== b?.[i]);
}

function* flips(files: Files): Iterable<readonly [string, Uint8Array]> {
  for (const [path, bytes] of files) {
    for (let at = 0; at < bytes.length; at++) {
      const isPlain = bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at - 1] === 0;
      if (isPlain && at % ZERO_STRIDE !== 0) continue;
      for (let bit = 0; bit < 8; bit++) {
        const flipped = bytes.slice();
        flipped[at] = (flipped[at] as number) ^ (1 << bit);
        yield [path, flipped];
      }
    }
  }
}

function* zeros(files: Files): Iterable<readonly [string, Uint8Array]> {
  for (const [path, bytes] of files) {
    for (let at = 0; at < bytes.length; at++) {
      if (bytes[at] === 0) continue;
      const zeroed = bytes.slice();
      zeroed[at] = 0;
      yield [path, zeroed];
    }
  }
}

function older(_: Files, log: SmallLog): SmallLog['older'] {
  return log.older;
}

function* cuts(files: Files): Iterable<readonly [string, Uint8Array]> {
  for (const [path, bytes] of files) {
    for (let length = 0; length < bytes.length; length++) yield [path, bytes.slice(0, length)];
  }
}

function* replacements(files: Files): Iterable<readonly [string, Uint8Array | undefined]> {
  for (const [path, bytes] of files) {
    yield [path, undefined];
    yield [path, new Uint8Array(0)];
    yield [path, new Uint8Array(bytes.length)];
    yield [path, new Uint8Array([...bytes, ...bytes])];
    yield [path, new Uint8Array([...bytes, ...new Uint8Array(600)])];
    yield [path, bytes.toReversed()];
    for (const [, other] of files) if (other !== bytes) yield [path, other];
  }
}

const ENDINGS: readonly Ending[] = [
  'closed',
  'killed',
  'killed, preallocated',
  'in flight',
  'in flight, torn',
];

describe.each(ENDINGS)('OPEN-4: a log left %s', (ending) => {
  it('opens as it was when it is not damaged', async () => {
    const log = await smallLog(ending);
    for (const [path, bytes] of log.storage.files(DIRECTORY)) {
      expect(await outcomeOf(log, path, bytes)).toBe('same');
    }
  });

  it.each([
    ['any bit flipped', flips],
    ['any byte zeroed', zeros],
    ['cut at any length', cuts],
    ['any file replaced by an older copy', older],
    ['any file removed, emptied, doubled, swapped', replacements],
  ] as const)('%s: right records, or an error that says so', { timeout }, async (name, damages) => {
    const counts = await tally(await smallLog(ending), damages);
    console.info(`${ending}, ${name}: ${[...counts].map((each) => each.join(' ')).join(', ')}`);
    // What a crash may do to the last group of a log that was not closed cannot be told from rot; and
    // where its last segment is cut short, or is an older one, the proof goes with what it is the proof of.
    const isClosed = ending === 'closed';
    expect(counts.has('last group lost') && isClosed).toBe(false);
    const isShort = damages === cuts || damages === older;
    expect(counts.has('more groups lost') && (isClosed || !isShort)).toBe(false);
    expect(counts.has('trim undone') && damages !== older).toBe(false);
    expect(counts.get('ERR_LOG_CORRUPT')).toBeGreaterThan(0);
  });
});
