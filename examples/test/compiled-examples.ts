import { CompiledSources } from '@wal/test-harness';
import { afterAll } from 'vitest';

/** Compiles an example, or a process of the tests, and gives its script. Call it at the top of a test file, not in a test. */
export function compiledExample(path: string): string {
  return compiledExamples([path])[0] as string;
}

/** As `compiledExample`, of several at once. */
export function compiledExamples(paths: readonly string[]): readonly string[] {
  const programs = paths.map((path) => path.replace(/\.ts$/, ''));
  const compiled = new CompiledSources({
    packages: ['conformance', 'fslog', 'memlog', 'test-harness'],
    folder: 'examples',
    programs,
  });
  afterAll(() => compiled.remove());
  return programs.map((program) => compiled.script(program));
}
