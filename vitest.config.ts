import { defineConfig } from 'vitest/config';

// Tests import packages by name; the condition resolves them to their sources, so no build is needed.
const conditions = ['@wal/source', 'node', 'import', 'default'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    globalSetup: ['packages/fslog/test/crash/states-setup.ts'],
    // They end what hangs, and measure nothing: on a machine with other work everything takes its time.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // The default leaves a core to nobody.
    maxWorkers: '100%',
  },
});
