// Tests of a service, with what a disk does once a year: full, slow, failing, and a crash in the middle.
// npm run build && node --test examples/dist/tested-service/inventory-node-test.js
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemLog, createMemStorage, failOnce, type MemLogFaults } from '@wal/memlog';
import { Inventory } from './inventory.ts';

/** What outlives the service: its storage, and the faults that are injected into it. */
function machine() {
  const storage = createMemStorage();
  const faults: MemLogFaults = {};
  const open = () => Inventory.open(async () => createMemLog({ storage, faults }));
  return { storage, faults, open };
}

test('what was moved is there after a restart', async () => {
  const { open } = machine();
  const inventory = await open();
  await inventory.add('bolt', 5);
  assert.equal(await inventory.take('bolt', 2), true);
  assert.equal(await inventory.take('bolt', 4), false);
  await inventory.close();
  assert.equal((await open()).inStock('bolt'), 3);
});

test('a full disk: the movement is not made, and the next one is', async () => {
  const { faults, open } = machine();
  const inventory = await open();
  faults.beforeAppend = failOnce();
  await assert.rejects(inventory.add('bolt', 5), { code: 'ERR_LOG_NO_SPACE' });
  assert.equal(inventory.inStock('bolt'), 0);
  await inventory.add('bolt', 1);
  assert.equal(inventory.inStock('bolt'), 1);
});

test('a slow disk: two take the last one at once, and one gets it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { faults, open } = machine();
  const inventory = await open();
  await inventory.add('bolt', 1);
  const isInSync = new Promise<void>((resolve) => {
    faults.beforeSync = () => {
      resolve();
      return new Promise((done) => setTimeout(done, 10_000));
    };
  });
  const takes = Promise.all([inventory.take('bolt', 1), inventory.take('bolt', 1)]);
  await isInSync;
  assert.equal(inventory.inStock('bolt'), 1); // not durable yet, so not said yet
  t.mock.timers.tick(10_000); // the clock is virtual: nobody waits
  assert.deepEqual(await takes, [true, false]);
  assert.equal(inventory.inStock('bolt'), 0);
});

test('a sync that fails, and the record is lost: nothing is taken, and the service goes on', async () => {
  const { faults, open } = machine();
  const inventory = await open();
  await inventory.add('bolt', 5);
  faults.beforeSync = failOnce();
  await assert.rejects(inventory.take('bolt', 2), { code: 'ERR_LOG_OUTCOME_UNKNOWN' });
  assert.equal(inventory.inStock('bolt'), 5);
  assert.equal(await inventory.take('bolt', 2), true);
  assert.equal(inventory.inStock('bolt'), 3);
});

test('a sync that fails, and the record is there all the same: it counts, once', async () => {
  const { storage, faults, open } = machine();
  const inventory = await open();
  await inventory.add('bolt', 5);
  faults.beforeSync = () => {
    faults.beforeSync = undefined;
    storage.crash({ keepInFlight: 1 });
  };
  assert.equal(await inventory.take('bolt', 2), true);
  assert.equal(inventory.inStock('bolt'), 3);
  await inventory.close();
  assert.equal((await open()).inStock('bolt'), 3);
});

test('the service is killed while it takes: all of it is taken, or nothing', async () => {
  for (const keepInFlight of [0, 1]) {
    const { storage, faults, open } = machine();
    const inventory = await open();
    await inventory.add('bolt', 5);
    const isInSync = new Promise<void>((resolve) => {
      faults.beforeSync = () => {
        resolve();
        return new Promise(() => undefined); // for ever: it is killed first
      };
    });
    inventory.take('bolt', 2).catch(() => undefined);
    await isInSync;
    storage.crash({ keepInFlight });
    faults.beforeSync = undefined;
    assert.equal((await open()).inStock('bolt'), keepInFlight === 1 ? 3 : 5);
  }
});

test('a record that rots: the service does not start with half of what there is', async () => {
  const { faults, open } = machine();
  const inventory = await open();
  await inventory.add('bolt', 5);
  await inventory.close();
  faults.beforeRead = failOnce();
  await assert.rejects(open(), { code: 'ERR_LOG_CORRUPT' });
  assert.equal((await open()).inStock('bolt'), 5); // The next read is whole again.
});
