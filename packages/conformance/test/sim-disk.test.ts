import {
  finishSome,
  type SimCall,
  SimDisk,
  SimRandom,
  SimScheduler,
  SimStorage,
  simError,
} from '@wal/conformance';
import { describe, expect, it } from 'vitest';

const SECTOR = 512;
const CUTS = 300;

/** What many power cuts leave of `/f`, as text where it is short; `none` where there is no such file. */
function leftovers(storage: SimStorage, show: (bytes: Uint8Array) => string): Set<string> {
  const found = new Set<string>();
  for (let seed = 0; seed < CUTS; seed++) {
    const bytes = storage.afterPowerLoss(new SimRandom(seed)).files().get('/f');
    found.add(bytes === undefined ? 'none' : show(bytes));
  }
  return found;
}

function sectors(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => Array<number>(SECTOR).fill(value)));
}

/** One digit a sector; `x` for one that is not of one byte all through. */
function digits(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += SECTOR) {
    const sector = bytes.subarray(at, at + SECTOR);
    text += sector.every((byte) => byte === sector[0]) ? sector[0] : 'x';
  }
  return text;
}

async function fileOf(
  storage: SimStorage,
  disk: SimDisk = new SimDisk(storage),
): Promise<Awaited<ReturnType<SimDisk['open']>>> {
  return await disk.open('/f', 'write');
}

describe('what a power cut leaves', () => {
  it('of sectors that are not synced: each as it was, as it is, as it was in between, torn or garbage', async () => {
    const storage = new SimStorage();
    storage.put('/f', sectors(1, 1));
    const file = await fileOf(storage);
    await file.write(sectors(2, 2), 0);
    await file.write(sectors(3), SECTOR);
    const left = leftovers(storage, digits);
    for (const text of ['11', '12', '13', '21', '22', '23', 'x1', '1x', 'xx']) {
      expect(left).toContain(text);
    }
    // Garbage may be a piece of the same file.
    expect([...left].every((text) => /^[123x][123x]$/.test(text))).toBe(true);
  });

  it('of bytes that were synced, or that no write has touched: all', async () => {
    const storage = new SimStorage();
    const disk = new SimDisk(storage);
    storage.put('/f', sectors(1, 1));
    const file = await fileOf(storage, disk);
    await file.write(sectors(2), 0);
    await file.sync();
    await file.write(Uint8Array.of(9), SECTOR + 100);
    const left = leftovers(storage, (bytes) => {
      const others = bytes.filter((_, i) => i !== SECTOR + 100);
      return digits(bytes.subarray(0, SECTOR)) + new Set(others.subarray(SECTOR)).size;
    });
    expect([...left]).toEqual(['21']);
  });

  it('of a size that is not synced: it and the bytes are apart', async () => {
    const storage = new SimStorage();
    storage.put('/f', sectors(1));
    const file = await fileOf(storage);
    await file.write(sectors(2), SECTOR);
    const left = leftovers(storage, digits);
    // Grown without the bytes: zeros, or what the disk held there before.
    for (const text of ['1', '12', '10', '1x']) expect(left).toContain(text);
  });

  it('of a truncation that is not synced: it may be undone', async () => {
    const storage = new SimStorage();
    storage.put('/f', sectors(1, 1));
    await (await fileOf(storage)).truncate(SECTOR);
    expect([...leftovers(storage, digits)].sort()).toEqual(expect.arrayContaining(['1', '11']));
  });

  it('of names that are not synced: each apart from the file, and from the others', async () => {
    const storage = new SimStorage();
    const disk = new SimDisk(storage);
    await (await disk.create('/f')).sync();
    await disk.create('/g');
    const names = new Set<string>();
    for (let seed = 0; seed < CUTS; seed++) {
      const left = storage.afterPowerLoss(new SimRandom(seed)).files();
      names.add([...left.keys()].sort().join(' '));
    }
    expect(names).toEqual(new Set(['', '/f', '/g', '/f /g']));
    await disk.syncDirectory('/');
    expect(storage.afterPowerLoss(new SimRandom(1)).has('/g')).toBe(true);
  });

  it('of a rename that is not synced: the old name, the new, or both for one file, never none', async () => {
    const storage = new SimStorage();
    storage.put('/f', sectors(1));
    await new SimDisk(storage).rename('/f', '/g');
    const names = new Set<string>();
    for (let seed = 0; seed < CUTS; seed++) {
      const left = storage.afterPowerLoss(new SimRandom(seed));
      names.add([...left.files().keys()].join(' '));
      if (!left.has('/f') || !left.has('/g')) continue;
      await (await fileOf(left)).write(sectors(2), 0);
      expect(digits(left.files().get('/g') as Uint8Array)).toBe('2');
    }
    expect(names).toEqual(new Set(['/f', '/g', '/f /g']));
  });

  it('of a rename in flight: the same, also where only the process is killed', async () => {
    const found = new Set<string>();
    for (let seed = 0; seed < CUTS; seed++) {
      const storage = new SimStorage();
      storage.put('/f', sectors(1));
      const disk = new SimDisk(storage, { gate: () => new Promise(() => undefined) });
      void disk.rename('/f', '/g');
      finishSome(storage, disk.inFlight, new SimRandom(seed));
      found.add([...storage.files().keys()].join(' '));
    }
    expect(found).toEqual(new Set(['/f', '/g', '/f /g']));
  });

  it('of a write in flight, where only the process is killed: any first bytes of it', async () => {
    const found = new Set<number>();
    for (let seed = 0; seed < CUTS; seed++) {
      const storage = new SimStorage();
      storage.put('/f', new Uint8Array(0));
      const gate = ({ kind }: SimCall) =>
        kind === 'write' ? new Promise<void>(() => undefined) : undefined;
      const disk = new SimDisk(storage, { gate });
      void (await fileOf(storage, disk)).write(new Uint8Array(5), 0);
      finishSome(storage, disk.inFlight, new SimRandom(seed));
      found.add(storage.files().get('/f')?.length ?? -1);
    }
    expect(found).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });

  it('of calls in flight: done or not', async () => {
    const storage = new SimStorage();
    storage.put('/f', sectors(1));
    const file = await fileOf(storage);
    const disk = new SimDisk(storage, { gate: () => new Promise(() => undefined) });
    void disk.remove('/f');
    const left = new Set<boolean>();
    for (let seed = 0; seed < CUTS; seed++) {
      left.add(storage.afterPowerLoss(new SimRandom(seed), disk.inFlight).has('/f'));
    }
    expect(left).toEqual(new Set([true, false]));
    expect(await file.size()).toBe(SECTOR);
  });

  it('is spared what is asked for, and nothing else changes', async () => {
    const storage = new SimStorage();
    storage.put('/f', sectors(1, 1));
    await (await fileOf(storage)).write(sectors(2, 2), 0);
    const isFirst = (loss: string): boolean => loss.includes('bytes 0 to 512');
    for (let seed = 0; seed < CUTS; seed++) {
      const bare = storage.afterPowerLoss(new SimRandom(seed)).files().get('/f');
      const spared = storage.afterPowerLoss(new SimRandom(seed), [], isFirst).files().get('/f');
      expect(digits(spared?.subarray(0, SECTOR) as Uint8Array)).toBe('2');
      expect(
        Buffer.compare(
          spared?.subarray(SECTOR) as Uint8Array,
          bare?.subarray(SECTOR) as Uint8Array,
        ),
      ).toBe(0);
    }
  });
});

describe('a simulated disk', () => {
  it('takes for written what a failed sync has lost, and syncs well when asked again', async () => {
    const storage = new SimStorage();
    storage.put('/f', sectors(1, 1, 1, 1));
    let isFailing = true;
    const fault = (): { error: 'EIO' } | undefined => (isFailing ? { error: 'EIO' } : undefined);
    const lost = new Set<string>();
    for (let seed = 0; seed < 80; seed++) {
      const copy = storage.clone();
      const options = { random: new SimRandom(seed) };
      isFailing = false;
      const file = await fileOf(copy, new SimDisk(copy, { ...options, fault }));
      await file.write(sectors(2, 2, 2, 2), 0);
      isFailing = true;
      await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
      isFailing = false;
      await file.sync();
      const read = new Uint8Array(4 * SECTOR);
      await file.read(read, 0);
      expect(digits(read)).toBe('2222');
      const left = copy.afterPowerLoss(new SimRandom(seed)).files().get('/f') as Uint8Array;
      expect(left).toEqual(
        copy
          .afterPowerLoss(new SimRandom(seed + 1))
          .files()
          .get('/f'),
      );
      lost.add(digits(left));
    }
    expect(lost).toContain('1111');
    expect(lost).toContain('2222');
    expect([...lost].some((text) => text.includes('1') && text.includes('2'))).toBe(true);
  });

  it('writes less than it was given, and fails as told, at the call that was named', async () => {
    const storage = new SimStorage();
    storage.put('/f', new Uint8Array(0));
    const disk = new SimDisk(storage, {
      fault: ({ number }) =>
        number === 2 ? { writtenBytes: 3 } : number === 3 ? { error: 'ENOSPC' } : undefined,
    });
    const file = await fileOf(storage, disk);
    expect(await file.write(sectors(1), 0)).toBe(3);
    await expect(file.write(sectors(1), 3)).rejects.toMatchObject(
      simError('ENOSPC', 'write', '/f'),
    );
    expect(await file.size()).toBe(3);
  });

  it('reads less than it was asked for, as told', async () => {
    const storage = new SimStorage();
    storage.put('/f', Uint8Array.of(1, 2, 3));
    const fault = ({ kind }: SimCall) => (kind === 'read' ? { readBytes: 2 } : undefined);
    const file = await fileOf(storage, new SimDisk(storage, { fault }));
    const bytes = new Uint8Array(3);
    expect(await file.read(bytes, 0)).toBe(2);
    expect([...bytes]).toEqual([1, 2, 0]);
    expect(await file.read(bytes, 2)).toBe(1);
  });

  it('has the same fingerprint for the same names and bytes, however they came about', async () => {
    const storage = new SimStorage();
    const disk = new SimDisk(storage);
    const file = await disk.create('/f');
    await file.write(sectors(1), 0);
    const before = storage.fingerprint();
    await file.write(sectors(2), 0);
    const after = storage.fingerprint();
    await file.sync();
    await disk.syncDirectory('/');
    expect(storage.fingerprint()).toBe(after);
    expect(storage.afterPowerLoss(new SimRandom(1)).fingerprint()).toBe(after);
    expect(storage.clone().fingerprint()).toBe(after);
    expect(after).not.toBe(before);
    await disk.rename('/f', '/g');
    expect(storage.fingerprint()).not.toBe(after);
    const other = new SimStorage();
    other.put('/f', sectors(1));
    expect(other.fingerprint()).toBe(before);
  });

  it('copies nothing that a copy may still change', async () => {
    const storage = new SimStorage();
    storage.put('/f', sectors(1));
    const file = await fileOf(storage);
    await file.write(sectors(2), 0);
    await file.sync();
    const copy = storage.clone();
    const cut = storage.afterPowerLoss(new SimRandom(1));
    await file.write(sectors(3), 0);
    await file.sync();
    for (const other of [copy, cut]) {
      expect(digits(other.files().get('/f') as Uint8Array)).toBe('2');
      expect(digits(other.afterPowerLoss(new SimRandom(1)).files().get('/f') as Uint8Array)).toBe(
        '2',
      );
    }
  });

  it('lets a pause last so many calls, or until nothing waits for one', async () => {
    const scheduler = new SimScheduler(new SimRandom(1));
    let done = 0;
    const calls = Array.from({ length: 5 }, () => scheduler.gate().then(() => done++));
    await scheduler.pause(2);
    expect(done).toBe(2);
    await scheduler.pause(Number.POSITIVE_INFINITY);
    expect(done).toBe(5);
    await Promise.all(calls);
  });
});
