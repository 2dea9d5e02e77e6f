import { createSerialLog, type SerialLog } from '@wal/core';
import { describe, expect, test } from 'vitest';
import { drain, outcome, settle, showError } from './fake-log.ts';
import { FakeStore, gate } from './serial-log-store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A log of records 5, 6 and 7, each holding "x". */
function create(): { store: FakeStore; log: SerialLog } {
  const extent = { firstId: 5, nextId: 8 };
  const store = new FakeStore(extent);
  return { store, log: createSerialLog(store, extent) };
}

/** The text of the record with this id, or the code of the error. */
const textOf = (log: SerialLog, id: number): Promise<string> =>
  log.get(id).then(({ data }) => new TextDecoder().decode(data), showError);

describe('get', () => {
  test('READ-1 READ-3 only what is durable is there', async () => {
    const { store, log } = create();
    const held = gate();
    store.beforeCommit = () => held.opened;
    const appended = log.append(bytes('a'));
    await expect(log.get(8)).rejects.toMatchObject({ code: 'ERR_LOG_NOT_FOUND', nextId: 9 });
    await expect(log.get(4)).rejects.toMatchObject({ code: 'ERR_LOG_TRIMMED', firstId: 5 });
    held.open();
    await appended;
    expect(await textOf(log, 8)).toBe('a');
  });

  test.each([
    ['truncate', (log: SerialLog) => log.truncate(5), 'ERR_LOG_NOT_FOUND'],
    ['trim', (log: SerialLog) => log.trim(6), 'ERR_LOG_TRIMMED'],
  ])('overtaken by a %s while it reads is no corruption', async (_, change, code) => {
    const { store, log } = create();
    const held = gate();
    store.beforeRead = () => held.opened;
    const read = textOf(log, 6);
    await change(log);
    held.open();
    expect(await read).toBe(code);
  });

  test.each([
    ['truncate', (log: SerialLog) => log.truncate(5), 'ERR_LOG_NOT_FOUND'],
    ['trim', (log: SerialLog) => log.trim(6), 'ERR_LOG_TRIMMED'],
  ])('of what a %s took away that has not said so yet waits for it', async (_, change, code) => {
    const { store, log } = create();
    const held = gate();
    store.afterCommit = () => held.opened;
    const changed = change(log);
    await settle();
    const read = textOf(log, 6);
    const next = outcome(log.iterator({ start: 6, end: 6 }).next());
    await settle();
    held.open();
    expect(await read).toBe(code);
    expect(await next).toBe('end');
    await changed;
  });

  test('gives the record that has taken the id while it read', async () => {
    const { store, log } = create();
    const held = gate();
    store.afterRead = () => held.opened;
    store.records.delete(6); // As the store shows itself between the two changes.
    const read = textOf(log, 6);
    await settle();
    await log.truncate(5);
    await log.append(bytes('b'));
    held.open();
    expect(await read).toBe('b');
  });

  test('of a record that the store does not give is corruption', async () => {
    const { store, log } = create();
    store.records.delete(6);
    await expect(log.get(6)).rejects.toMatchObject({ code: 'ERR_LOG_CORRUPT', firstAffectedId: 6 });
    expect(await textOf(log, 7)).toBe('x');
    store.read = async () => [{ id: 7, data: bytes('y') }];
    expect(await textOf(log, 5)).toBe('ERR_LOG_CORRUPT');
  });

  test('passes on why the store could not read', async () => {
    const { store, log } = create();
    store.beforeRead = () => {
      throw new Error('EIO');
    };
    await expect(log.get(6)).rejects.toThrow('EIO');
    await expect(log.iterator().next()).rejects.toThrow('EIO');
    expect(await log.append(bytes('a'))).toEqual({ firstId: 8, lastId: 8 });
  });
});

describe('iterators', () => {
  test('FOLLOW-1 are woken by appends, and by close', async () => {
    const { log } = create();
    const iterator = log.iterator({ start: 8, follow: true });
    const first = outcome(iterator.next());
    await log.append(bytes('a'));
    expect(await first).toBe('8a');
    const second = outcome(iterator.next());
    await settle();
    await log.close();
    expect(await second).toBe('ERR_LOG_CLOSED');
  });

  test('ITERATE-9 are told of a truncate below what they delivered, also when the ids are taken again', async () => {
    const { log } = create();
    const behind = log.iterator();
    const ahead = log.iterator();
    expect(await outcome(behind.next())).toBe('5x');
    for (const shown of ['5x', '6x', '7x']) expect(await outcome(ahead.next())).toBe(shown);
    await Promise.all([log.truncate(5), log.append([bytes('b'), bytes('c')])]);
    await expect(ahead.next()).rejects.toMatchObject({ code: 'ERR_LOG_TRUNCATED', lastId: 5 });
    expect(await drain(behind)).toBe('6b 7c');
  });

  test('ITERATE-11 are told of a trim that overtakes them', async () => {
    const { log } = create();
    const iterator = log.iterator();
    expect(await outcome(iterator.next())).toBe('5x');
    await log.trim(6);
    await expect(iterator.next()).rejects.toMatchObject({ code: 'ERR_LOG_TRIMMED', firstId: 7 });
    expect(await drain(log.iterator())).toBe('7x');
  });

  test('a trim of everything, and a truncate of nothing, is no truncate', async () => {
    const { log } = create();
    const iterator = log.iterator();
    for (const shown of ['5x', '6x', '7x']) expect(await outcome(iterator.next())).toBe(shown);
    await log.truncate(7);
    await log.trim(7);
    await log.truncate(-1);
    await log.append(bytes('a'));
    expect(await outcome(iterator.next())).toBe('8a');
  });

  test('READ-5 do not hold up appends while they read', async () => {
    const { store, log } = create();
    const held = gate();
    store.beforeRead = () => held.opened;
    const next = outcome(log.iterator().next());
    await log.append(bytes('a'));
    held.open();
    expect(await next).toBe('5x');
  });
});
