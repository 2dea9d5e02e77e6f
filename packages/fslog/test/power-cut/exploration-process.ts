import { sayLine } from '@wal/test-harness';
import { runCommand } from './commands.ts';
import { Exploration, type ExplorationTask } from './exploration.ts';

/*
 * A process that explores in namespaces of its own, the first of them: when it ends, however it ends, the
 * system ends all that it started, and unmounts all that it mounted.
 */
const [directory = '', taskText = ''] = process.argv.slice(2);
// The first process of a namespace gets no signal that it does not handle; this is how it learns that nobody waits.
process.stdin.on('end', () => process.exit(1)).resume();

await runCommand('mount', '-t', 'tmpfs', '-o', 'size=768m,mode=700', 'none', directory);
await runCommand('mountpoint', '-q', directory);
const exploration = new Exploration(directory, JSON.parse(taskText) as ExplorationTask);
await exploration.run();
sayLine(exploration.report);
process.exit(0);
