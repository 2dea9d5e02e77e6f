import { join } from 'node:path';
import { sayLine } from '@wal/test-harness';
import { switchOver } from '../migrate/switch-over.ts';
import { armed } from './kill-at-call.ts'; // First: what is imported later sees the watched calls.

/* Switches over in a folder; killed before its nth call that changes a file: switch-over-process <folder> <nth> */
const [folder = '', nth = ''] = process.argv.slice(2);
const calls = armed({ name: undefined, nth: Number(nth) }, ({ name }) =>
  sayLine({ killedBefore: name }),
);
const log = await switchOver(join(folder, 'events.jsonl'), join(folder, 'events'));
await log.close();
sayLine({ calls: calls.map(({ name }) => name) });
