import { sayLine } from '@wal/test-harness';

/** Says where it finds a package, then a line that no pipe holds at once; and stays until its input ends. */
sayLine({ core: import.meta.resolve('@wal/core') });
sayLine({ long: 'x'.repeat(4 * 1_048_576) });
process.stdin.resume();
