import type { ObjectStore } from '@wal/s3log';
import { beforeAll, expect, it } from 'vitest';

const text = (body: Uint8Array | undefined): string | undefined =>
  body && Buffer.from(body).toString();

const ODD_KEYS = ['a b', 'a+b', 'a%2Fb', 'ä', '€', '😀', '~', "it's", 'a=b&c', '<x>'];

/** What a log needs of its store, tested on an empty one. */
export function describeStore(make: () => Promise<ObjectStore>): void {
  let store: ObjectStore;
  beforeAll(async () => {
    store = await make();
  });

  it('creates what is absent, and leaves what is there', async () => {
    expect(await store.putIfAbsent('put/a', Buffer.from('first'))).toBe('created');
    expect(await store.putIfAbsent('put/a', Buffer.from('second'))).toBe('exists');
    expect(await store.get('put/a')).toEqual({ body: expect.anything(), size: 5 });
    expect(text((await store.get('put/a'))?.body)).toBe('first');
  });

  it('lets one of many racers win, whose body is stored', async () => {
    for (let round = 0; round < 10; round++) {
      const key = `race/${round}`;
      const racers = Array.from({ length: 20 }, (_, i) => `racer ${i}`);
      const outcomes = await Promise.all(racers.map((r) => store.putIfAbsent(key, Buffer.from(r))));
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      const winner = racers[outcomes.indexOf('created')];
      expect(text((await store.get(key))?.body)).toBe(winner);
    }
  });

  it('keeps no reference to the bytes it was given', async () => {
    const body = Buffer.from('before');
    await store.putIfAbsent('put/copied', body);
    body.fill(0);
    expect(text((await store.get('put/copied'))?.body)).toBe('before');
  });

  it('stores bodies of any size and any bytes', async () => {
    for (const size of [0, 1, 1_000, 3_000_000]) {
      const body = Buffer.alloc(
        size,
        Uint8Array.from({ length: 251 }, (_, i) => i),
      );
      await store.putIfAbsent(`size/${size}`, body);
      const stored = await store.get(`size/${size}`);
      expect(stored?.size).toBe(size);
      expect(Buffer.compare(stored?.body ?? Buffer.alloc(1), body)).toBe(0);
    }
  });

  it('gives a part, as much of it as there is, and the whole size', async () => {
    await store.putIfAbsent('range/a', Buffer.from('0123456789'));
    const part = async (offset: number, length: number) => {
      const got = await store.get('range/a', { range: { offset, length } });
      return [text(got?.body), got?.size];
    };
    expect(await part(0, 4)).toEqual(['0123', 10]);
    expect(await part(3, 2)).toEqual(['34', 10]);
    expect(await part(8, 100)).toEqual(['89', 10]);
    await store.putIfAbsent('range/empty', new Uint8Array(0));
    const nothing = await store.get('range/empty', { range: { offset: 0, length: 8 } });
    expect([text(nothing?.body), nothing?.size]).toEqual(['', 0]);
  });

  it('knows what is not there', async () => {
    expect(await store.get('absent')).toBeUndefined();
    expect(await store.get('put/absent', { range: { offset: 0, length: 8 } })).toBeUndefined();
    expect(await store.list('absent/')).toEqual([]);
  });

  it('lists in key order, from a key on, and no more than asked for', async () => {
    const keys = Array.from(
      { length: 25 },
      (_, i) => `list/${String((i * 7) % 25).padStart(2, '0')}`,
    );
    for (const key of keys) await store.putIfAbsent(key, Buffer.from(key));
    await store.putIfAbsent('list-other', Buffer.from('x'));
    const listed = async (...given: Parameters<ObjectStore['list']>) =>
      (await store.list(...given)).map(({ key }) => key);
    const sorted = keys.toSorted();
    expect(await listed('list/')).toEqual(sorted);
    expect(await listed('list/', { limit: 3 })).toEqual(sorted.slice(0, 3));
    expect(await listed('list/', { startAfter: 'list/10', limit: 2 })).toEqual([
      'list/11',
      'list/12',
    ]);
    expect(await listed('list/', { startAfter: 'list/105' })).toEqual(sorted.slice(11));
    expect(await listed('list/1')).toEqual(sorted.slice(10, 20));
    const [first] = await store.list('list/');
    expect(first?.size).toBe(7);
    expect(Math.abs((first?.modifiedAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('takes odd keys, and lists them by their bytes', async () => {
    for (const key of ODD_KEYS) await store.putIfAbsent(`odd/${key}/x`, Buffer.from(key));
    for (const key of ODD_KEYS) expect(text((await store.get(`odd/${key}/x`))?.body)).toBe(key);
    const sorted = ODD_KEYS.map((key) => `odd/${key}/x`).sort((a, b) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    expect((await store.list('odd/')).map(({ key }) => key)).toEqual(sorted);
  });

  it('deletes many at once, and what is not there too', async () => {
    const keys = Array.from({ length: 1_000 }, (_, i) => `delete/${i}`);
    for (const key of keys.slice(0, 30)) await store.putIfAbsent(key, Buffer.from('x'));
    await store.putIfAbsent('delete-not', Buffer.from('x'));
    await store.delete(keys);
    expect(await store.list('delete/')).toEqual([]);
    expect(await store.get('delete-not')).toBeDefined();
    await store.delete([]);
    expect(await store.putIfAbsent('delete/1', Buffer.from('again'))).toBe('created');
  });
}
