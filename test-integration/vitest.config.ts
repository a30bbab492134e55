import { defineConfig } from 'vitest/config';

// Scenarios against real servers and services: one file after the other, since they share a machine's ports, bridges
// and cores. Sources of the workspace's packages are used unbuilt, as in the root configuration.
const conditions = ['ancloud-src', 'module', 'node', 'development|production'];

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ['src/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    // They end a test that hangs, and never one that is slow: what is waited for says so itself, sooner (PATIENCE_MS).
    testTimeout: 600_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
