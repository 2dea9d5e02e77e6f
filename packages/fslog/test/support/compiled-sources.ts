import { CompiledSources } from '@wal/test-harness';
import { afterAll } from 'vitest';

/** Every module of the tests that is run as a process, or as a worker thread. */
const ENTRIES = [
  'support/command-process',
  'support/workload-process',
  'support/log-worker',
  'kernel/victim-process',
  'power-cut/exploration-process',
  'power-cut/writer-process',
] as const;

let compiled: CompiledSources | undefined;

/** Has to be called at the top of each test file that starts processes. */
export function compileForProcesses(): void {
  afterAll(() => {
    compiled?.remove();
    compiled = undefined;
  });
}

/** The script that Node can run as a process. They are compiled, once a test file, when the first is asked for. */
export function compiledScript(entry: (typeof ENTRIES)[number]): string {
  compiled ??= new CompiledSources({
    packages: ['fslog', 'test-harness'],
    folder: 'packages/fslog/test',
    programs: ENTRIES,
  });
  return compiled.script(entry);
}
