import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

// Scenarios on a whole farm: started once by its own CLI, then one file after the other.
export default mergeConfig(
  base,
  defineConfig({
    test: {
      include: ['src/farm/**/*.test.ts'],
      globalSetup: ['src/harness/farm-setup.ts'],
      testTimeout: 90_000,
      hookTimeout: 120_000,
    },
  }),
);
