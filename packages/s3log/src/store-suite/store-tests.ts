import { deepEqual, equal, ok } from 'node:assert/strict';
import { kindOf } from '../store/store-error.ts';
import type { TestFolder } from './test-folder.ts';

/** A test of what a log needs of its store. */
export interface StoreTest {
  readonly title: string;
  readonly body: (folder: TestFolder) => Promise<void>;
}

const RACES = 10;
const RACERS = 20;
const PAGE = 1_000;
const CLOCK_LIMIT_MS = 60_000;
const ODD_NAMES = ['a b', 'a+b', 'a%2Fb', 'ä', '€', '😀', '\uffee', '~', "it's", 'a=b&c', '<x>'];

/** All tests, in the order in which they run. */
export const STORE_TESTS: readonly StoreTest[] = [
  { title: 'creates what is absent, and leaves what is there', body: createsOnce },
  { title: 'lets one of many racers win, whose body is stored', body: racesHaveOneWinner },
  { title: 'keeps no reference to the bytes that it was given', body: copiesBodies },
  { title: 'stores bodies of any size and any bytes', body: storesAnyBody },
  { title: 'gives a part, as much of it as there is, and the whole size', body: givesParts },
  { title: 'knows what is not there', body: knowsAbsence },
  { title: 'shows at once what was put and what was deleted', body: showsAtOnce },
  { title: 'lists in key order, from a key on, and no more than asked for', body: listsInOrder },
  { title: 'lists size and time', body: listsSizeAndTime },
  { title: 'lists 1,000 objects at most, and the others after them', body: listsPages },
  { title: 'takes odd keys, and lists them by their UTF-8 bytes', body: takesOddKeys },
  { title: 'deletes 1,000 keys at once, and what is not there too', body: deletesMany },
];

async function createsOnce(folder: TestFolder): Promise<void> {
  equal(await folder.put('a', 'first'), 'created');
  equal(await folder.put('a', 'second'), 'exists');
  equal(await folder.text('a'), 'first');
  equal((await folder.store.get(folder.key('a')))?.size, 5);
}

async function racesHaveOneWinner(folder: TestFolder): Promise<void> {
  for (let race = 0; race < RACES; race++) {
    const name = `race ${race}`;
    const bodies = Array.from({ length: RACERS }, (_, i) => `racer ${i}`);
    const outcomes = await Promise.all(bodies.map((body) => outcomeOf(folder.put(name, body))));
    const winners = bodies.filter((_, i) => outcomes[i] === 'created');
    equal(winners.length, 1, `winners of ${RACERS} racers`);
    equal(await folder.text(name), winners[0], 'what is stored is the body of the winner');
    equal(await folder.put(name, 'late'), 'exists');
  }
}

/** Of racers a store may refuse some, and leave it open who wins: they would be sent again. */
async function outcomeOf(put: Promise<string>): Promise<string> {
  try {
    return await put;
  } catch (error) {
    if (kindOf(error) !== 'conflict') throw error;
    return 'conflict';
  }
}

async function copiesBodies(folder: TestFolder): Promise<void> {
  const body = Buffer.from('before');
  await folder.put('a', body);
  body.fill(0);
  equal(await folder.text('a'), 'before');
}

async function storesAnyBody(folder: TestFolder): Promise<void> {
  const pattern = Uint8Array.from({ length: 251 }, (_, i) => 255 - i);
  for (const size of [0, 1, 1_000, 3_000_000]) {
    const body = Buffer.alloc(size, pattern);
    await folder.put(`${size}`, body);
    const stored = await folder.store.get(folder.key(`${size}`));
    equal(stored?.size, size);
    ok(stored !== undefined && Buffer.compare(stored.body, body) === 0, `${size} bytes come back`);
  }
}

async function givesParts(folder: TestFolder): Promise<void> {
  await folder.put('a', '0123456789');
  await folder.put('empty', '');
  const part = async (name: string, offset: number, length: number): Promise<unknown[]> => {
    const got = await folder.store.get(folder.key(name), { range: { offset, length } });
    return [got && Buffer.from(got.body).toString(), got?.size];
  };
  deepEqual(await part('a', 0, 4), ['0123', 10]);
  deepEqual(await part('a', 3, 2), ['34', 10]);
  deepEqual(await part('a', 8, 100), ['89', 10]);
  deepEqual(await part('empty', 0, 8), ['', 0]);
}

async function knowsAbsence(folder: TestFolder): Promise<void> {
  equal(await folder.store.get(folder.key('absent')), undefined);
  const range = { offset: 0, length: 8 };
  equal(await folder.store.get(folder.key('absent'), { range }), undefined);
  deepEqual(await folder.list('absent'), []);
}

async function showsAtOnce(folder: TestFolder): Promise<void> {
  for (let i = 0; i < 20; i++) {
    await folder.put('a', `${i}`);
    equal(await folder.text('a'), `${i}`);
    deepEqual(await folder.list('a'), ['a']);
    await folder.delete(['a']);
    equal(await folder.text('a'), undefined);
    deepEqual(await folder.list('a'), []);
  }
}

async function listsInOrder(folder: TestFolder): Promise<void> {
  const names = Array.from({ length: 25 }, (_, i) => `l/${`${(i * 7) % 25}`.padStart(2, '0')}`);
  for (const name of [...names, 'l-other']) await folder.put(name, name);
  const sorted = names.toSorted();
  deepEqual(await folder.list('l/'), sorted);
  deepEqual(await folder.list('l/', { limit: 3 }), sorted.slice(0, 3));
  deepEqual(await folder.list('l/', { startAfter: 'l/10', limit: 2 }), ['l/11', 'l/12']);
  deepEqual(await folder.list('l/', { startAfter: 'l/105' }), sorted.slice(11));
  deepEqual(await folder.list('l/', { startAfter: 'l/24' }), []);
  deepEqual(await folder.list('l/1'), sorted.slice(10, 20));
}

async function listsSizeAndTime(folder: TestFolder): Promise<void> {
  await folder.put('a', '0123456');
  const [entry] = await folder.store.list(folder.key(''));
  equal(entry?.size, 7);
  const age = Date.now() - (entry?.modifiedAtMs ?? 0);
  ok(Math.abs(age) < CLOCK_LIMIT_MS, `written ${age} ms ago, as the store says`);
}

async function listsPages(folder: TestFolder): Promise<void> {
  const names = Array.from({ length: PAGE + 5 }, (_, i) => `${i}`.padStart(4, '0'));
  await folder.putAll(names);
  const page = await folder.list('');
  deepEqual(page, names.slice(0, PAGE));
  deepEqual(await folder.list('', { startAfter: page.at(-1) ?? '' }), names.slice(PAGE));
}

async function takesOddKeys(folder: TestFolder): Promise<void> {
  const names = ODD_NAMES.map((name) => `${name}/x`);
  for (const name of names) await folder.put(name, name);
  for (const name of names) equal(await folder.text(name), name);
  const inBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
  deepEqual(await folder.list(''), names.toSorted(inBytes));
}

async function deletesMany(folder: TestFolder): Promise<void> {
  const names = Array.from({ length: PAGE }, (_, i) => `d/${i}`);
  await folder.putAll(names.slice(0, 30));
  await folder.put('d-not', 'x');
  await folder.delete(names);
  deepEqual(await folder.list('d'), ['d-not']);
  await folder.delete([]);
  equal(await folder.put('d/1', 'again'), 'created');
}
