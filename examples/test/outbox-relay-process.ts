import { once } from 'node:events';
import { openFsLog } from '@wal/fslog';
import { relay } from '../outbox/relay.ts';

// Relays the outbox of a directory to the test that started this process, which says when it has a message.
const [directory = '', positionPath = ''] = process.argv.slice(2);
await relay(await openFsLog(directory, { readOnly: true }), {
  positionPath,
  signal: new AbortController().signal,
  async deliver(id, message) {
    const received = once(process, 'message');
    process.send?.({ id, message });
    await received;
  },
});
