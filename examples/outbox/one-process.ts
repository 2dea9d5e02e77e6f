// An outbox, its relay and its consumer in one process; the relay would do the same in another.
// npm run build && node examples/dist/outbox/one-process.js
import { openFsLog } from '@wal/fslog';
import { Inbox } from './inbox.ts';
import { OrderBook } from './orders.ts';
import { relay } from './relay.ts';

const outbox = await openFsLog('outbox');
const shipping = await openFsLog('shipping');
const [orders, inbox] = [await OrderBook.open(outbox), await Inbox.open(shipping)];

const stop = new AbortController();
const last = await orders.place({ id: '1', item: 'bolt' });
const relayed = relay(outbox, {
  positionPath: 'relay-position',
  signal: stop.signal,
  async deliver(id, message) {
    const isNew = await inbox.receive(id, message);
    console.log(id, isNew, message.body); // 2 true { id: '1', item: 'bolt' }
    if (id === last) stop.abort();
  },
});
await relayed.catch((error) => {
  if (!stop.signal.aborted) throw error;
});
await Promise.all([outbox.close(), shipping.close()]);
