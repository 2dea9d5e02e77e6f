import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFsLog } from '@wal/fslog';
import { createMemLog, createMemStorage } from '@wal/memlog';
import { expect, test } from 'vitest';
import { Inbox } from '../outbox/inbox.ts';
import { type Message, OrderBook } from '../outbox/orders.ts';
import { relay } from '../outbox/relay.ts';
import { compiledExamples } from './compiled-examples.ts';
import { ExampleProcess } from './example-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

interface Delivery {
  readonly id: number;
  readonly message: Message;
}

const [relayScript = '', oneProcess = ''] = compiledExamples([
  'test/outbox-relay-process.ts',
  'outbox/one-process.ts',
]);
const ORDERS = 48;
/** A relay is killed at every fourth message, at one of these moments in turn. */
const MOMENTS = [
  'before it is received',
  'before it is confirmed',
  'when it is confirmed',
] as const;

test('a relay is killed and started again and again: nothing is lost, doubled, or out of order', {
  timeout: 300_000,
}, async () => {
  const folder = await temporaryFolder();
  const directory = join(folder, 'outbox');
  const inbox = await Inbox.open(await openFsLog(join(folder, 'inbox')));
  const delivered: number[] = [];
  const killed: string[] = [];
  let own: ExampleProcess;
  let handled = Promise.resolve();
  let done: () => void;
  const allReceived = new Promise<void>((resolve) => {
    done = resolve;
  });

  const kill = async (moment: string): Promise<void> => {
    killed.push(moment);
    await own.kill();
    start();
  };
  const onDelivery = async (from: ExampleProcess, { id, message }: Delivery): Promise<void> => {
    delivered.push(id);
    const moment = delivered.length % 4 === 0 ? MOMENTS[killed.length % 3] : undefined;
    if (moment === MOMENTS[0]) return await kill(moment);
    await inbox.receive(id, message);
    if (moment === MOMENTS[1]) return await kill(moment);
    from.child.send('received', () => undefined); // It may be gone.
    if (inbox.received.length === ORDERS) done();
    else if (moment === MOMENTS[2]) await kill(moment);
  };
  const start = (): void => {
    const from = new ExampleProcess(relayScript, [directory, join(folder, 'position')]);
    own = from;
    from.child.on('message', (delivery) => {
      handled = handled.then(() => onDelivery(from, delivery as Delivery)); // One at a time.
    });
  };

  const placed: number[] = [];
  let log = await openFsLog(directory);
  start();
  for (let n = 0; n < ORDERS; n += 3) {
    if (n === ORDERS / 2) {
      await log.close(); // The one who writes starts again, too.
      log = await openFsLog(directory);
    }
    const book = await OrderBook.open(log);
    const three = [n, n + 1, n + 2].map((i) => book.place({ id: `order ${i}`, item: 'bolt' }));
    placed.push(...(await Promise.all(three)));
  }
  await allReceived;

  expect(inbox.received.map(({ id }) => id)).toEqual(placed);
  const orders = Array.from({ length: ORDERS }, (_, i) => ({ id: `order ${i}`, item: 'bolt' }));
  expect(inbox.received.map(({ message }) => message.body)).toEqual(orders);
  expect(new Set(killed)).toEqual(new Set(MOMENTS));
  expect(delivered.length).toBeGreaterThan(ORDERS); // Some came twice: that is what the inbox is for.
  await log.close();
});

test('an order and its message are there both, or neither, whatever a crash leaves', async () => {
  for (const keepInFlight of [0, 1, 2]) {
    const storage = createMemStorage();
    const faults = { beforeSync: () => new Promise(() => undefined) };
    const book = await OrderBook.open(createMemLog({ storage, faults }));
    for (const id of ['1', '2']) book.place({ id, item: 'bolt' }).catch(() => undefined);
    storage.crash({ keepInFlight });
    const log = createMemLog({ storage });
    expect((await OrderBook.open(log)).orders.length).toBe(keepInFlight);
    expect(log.nextId - 1).toBe(2 * keepInFlight);
  }
});

test('a consumer that fails gets the message again when the relay is started again', async () => {
  const log = createMemLog();
  const book = await OrderBook.open(log);
  const ids = [
    await book.place({ id: '1', item: 'bolt' }),
    await book.place({ id: '2', item: 'nut' }),
  ];
  const positionPath = join(await temporaryFolder(), 'position');
  const seen: number[] = [];
  const stop = new AbortController();
  const run = (failAt: number) =>
    relay(log, {
      positionPath,
      signal: stop.signal,
      async deliver(id) {
        seen.push(id);
        if (id === failAt) throw new Error('the consumer is away');
        if (id === ids[1]) stop.abort();
      },
    });
  await expect(run(ids[1] as number)).rejects.toThrow('the consumer is away');
  expect(await readFile(positionPath, 'utf8')).toBe(String(ids[0]));
  await expect(run(-1)).rejects.toThrow('aborted');
  expect(seen).toEqual([...ids, ids[1]]);
});

test('a log that is not the one it followed is told', async () => {
  const log = createMemLog();
  const book = await OrderBook.open(log);
  await book.place({ id: '1', item: 'bolt' });
  await book.place({ id: '2', item: 'bolt' });
  const positionPath = join(await temporaryFolder(), 'position');
  const options = {
    positionPath,
    deliver: async () => undefined,
    signal: new AbortController().signal,
  };
  await writeFile(positionPath, '100');
  await expect(relay(log, options)).rejects.toThrow('the log ends before message 100');
  await writeFile(positionPath, '0');
  await log.trim(2);
  await expect(relay(log, options)).rejects.toThrow('records 1 to 2 were trimmed');
});

test('one process prints what its comment says', async () => {
  const own = new ExampleProcess(oneProcess, [], {
    cwd: await temporaryFolder(),
  });
  expect(await own.exited).toBe(0);
  expect(own.lines).toEqual(["2 true { id: '1', item: 'bolt' }"]);
});
