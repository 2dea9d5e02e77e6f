import type { SimRandom, SimStorage } from '@wal/conformance';

/** Files by their paths; `undefined`: the file is gone. */
export type Damage = readonly (readonly [string, Uint8Array | undefined])[];

type Files = readonly (readonly [string, Uint8Array])[];

/** A copy of `storage` with the damage done. */
export function damaged(storage: SimStorage, damage: Damage): SimStorage {
  const copy = storage.clone();
  for (const [path, bytes] of damage) {
    if (bytes === undefined) copy.remove(path);
    else copy.put(path, bytes);
  }
  return copy;
}

/** Zeros that mean nothing are damaged here and there only. */
const ZERO_STRIDE = 97;

function* bytesOf(files: Files, stride: number): Iterable<readonly [string, Uint8Array, number]> {
  for (const [path, bytes] of files) {
    for (let at = 0; at < bytes.length; at++) {
      const isPlain = bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at - 1] === 0;
      if (at % (isPlain ? ZERO_STRIDE : stride) === 0) yield [path, bytes, at];
    }
  }
}

/** One bit of a byte changed, of every `stride`th byte. */
function* flips(files: Files, stride: number): Iterable<Damage> {
  for (const [path, bytes, at] of bytesOf(files, stride)) {
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] as number) ^ (1 << ((at * 5) % 8));
    yield [[path, flipped]];
  }
}

/** Eighty bytes zeroed: parts of headers, whole ones, and what is between them. */
function* holes(files: Files, stride: number): Iterable<Damage> {
  for (const [path, bytes, at] of bytesOf(files, stride * 4)) {
    yield [[path, bytes.slice().fill(0, at, at + 80)]];
  }
}

/** The file cut. */
function* cuts(files: Files, stride: number): Iterable<Damage> {
  for (const [path, bytes, at] of bytesOf(files, stride * 2)) yield [[path, bytes.slice(0, at)]];
}

/** Whole files removed, emptied, zeroed, doubled, lengthened, turned around, and put for one another. */
function* replacements(files: Files): Iterable<Damage> {
  for (const [path, bytes] of files) {
    yield [[path, undefined]];
    yield [[path, new Uint8Array(0)]];
    yield [[path, new Uint8Array(bytes.length)]];
    yield [[path, new Uint8Array([...bytes, ...bytes])]];
    yield [[path, new Uint8Array([...bytes, ...new Uint8Array(600)])]];
    yield [[path, bytes.toReversed()]];
    for (const [, other] of files) if (other !== bytes) yield [[path, other]];
  }
}

/** Two bytes changed, anywhere in two files or in one. */
function* pairs(files: Files, stride: number): Iterable<Damage> {
  const all = [...bytesOf(files, stride)];
  for (const [i, [path, bytes, at]] of all.entries()) {
    const [otherPath, otherBytes, otherAt] = all[(i * 7919 + 13) % all.length] as (typeof all)[0];
    const flipped = bytes.slice();
    flipped[at] = (flipped[at] as number) ^ 0x10;
    const other = otherPath === path ? flipped : otherBytes.slice();
    other[otherAt] = (other[otherAt] as number) ^ 0x04;
    yield otherPath === path
      ? [[path, flipped]]
      : [
          [path, flipped],
          [otherPath, other],
        ];
  }
}

/** The kinds of damage, by what they are called. */
export const DAMAGES: readonly (readonly [
  title: string,
  damages: (files: Files, stride: number) => Iterable<Damage>,
])[] = [
  ['any bit flipped', flips],
  ['holes of zeros', holes],
  ['cut anywhere', cuts],
  ['files removed, emptied, doubled, swapped', replacements],
  ['two bytes changed', pairs],
];

/** Says where the damage is that was done to what `storage` holds. */
export function placesOf(storage: SimStorage, damage: Damage): string {
  const files = storage.files();
  const places = damage.map(([path, bytes]) => {
    const original = files.get(path);
    const at = original?.findIndex((byte, i) => byte !== bytes?.[i]);
    return `${path}, ${bytes?.length} of ${original?.length} bytes, byte ${at}`;
  });
  return places.join('; ');
}

/** One to four holes and flips at places that `random` gives. */
export function scattered(files: Files, random: SimRandom): Damage {
  const changed = new Map<string, Uint8Array>();
  for (let count = random.integer(1, 4); count > 0; count--) {
    const [path, original] = random.pick(files);
    const bytes = changed.get(path) ?? original.slice();
    const at = random.integer(0, bytes.length - 1);
    if (random.chance(0.5)) bytes[at] = (bytes[at] as number) ^ (1 << random.integer(0, 7));
    else bytes.fill(random.integer(0, 255), at, at + random.integer(1, 6000));
    changed.set(path, bytes);
  }
  return [...changed];
}
