import { join } from 'node:path';
import { sayLine } from '@wal/test-harness';
import { switchOver } from '../migrate/switch-over.ts';
import { armed } from './kill-at-call.ts'; // First: what is imported later sees the watched calls.

/*
 * Switches over in a folder; killed before its nth call that changes a file, of a name if one is given:
 * switch-over-process <folder> <nth> [name]
 */
const [folder = '', nth = '', name] = process.argv.slice(2);
const calls = armed({ name, nth: Number(nth) }, (call) => sayLine({ killedBefore: call.name }));
const log = await switchOver(join(folder, 'events.jsonl'), join(folder, 'events'));
await log.close();
sayLine({ calls: calls.map((call) => call.name) });
