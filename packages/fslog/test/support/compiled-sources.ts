import { BundledPrograms } from '@wal/test-harness';
import { afterAll, beforeAll } from 'vitest';

/** Every module that the tests run as a process, or as a worker thread, or import in one. */
const ENTRIES = [
  'src/lock/procfs',
  'test/support/command-process',
  'test/support/workload-process',
  'test/support/log-worker',
  'test/kernel/victim-process',
  'test/power-cut/exploration-process',
  'test/power-cut/writer-process',
] as const;

let compiled: BundledPrograms | undefined;

/** Compiles them, once a test file. Has to be called at the top of each that starts processes. */
export function compileForProcesses(): void {
  beforeAll(async () => {
    compiled = await BundledPrograms.create({ folder: 'packages/fslog', programs: ENTRIES });
  });
  afterAll(() => {
    compiled?.remove();
    compiled = undefined;
  });
}

/** The script that Node can run as a process. */
export function compiledScript(entry: (typeof ENTRIES)[number]): string {
  if (compiled === undefined) throw new Error('compileForProcesses() was not called');
  return compiled.script(entry);
}
