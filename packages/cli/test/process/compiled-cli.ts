import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompiledSources } from '@wal/test-harness';
import { afterAll, beforeAll } from 'vitest';

let compiled: CompiledSources | undefined;

/** Compiles the program, once a test file. Has to be called at the top of each that runs `wal`. */
export function compileCli(): void {
  beforeAll(() => {
    compiled = new CompiledSources({
      packages: ['cli'],
      folder: 'packages/cli/src',
      programs: ['main'],
    });
    // As npm puts it on the path.
    mkdirSync(compiledBin());
    const script = `#!/bin/sh\nexec '${process.execPath}' '${compiledCli()}' "$@"\n`;
    writeFileSync(join(compiledBin(), 'wal'), script, { mode: 0o755 });
  });
  afterAll(() => compiled?.remove());
}

/** The script that Node runs. */
export function compiledCli(): string {
  return sources().script('main');
}

/** The folder in which a shell finds `wal`. */
export function compiledBin(): string {
  return join(sources().root, 'bin');
}

function sources(): CompiledSources {
  if (compiled === undefined) throw new Error('compileCli() was not called');
  return compiled;
}
