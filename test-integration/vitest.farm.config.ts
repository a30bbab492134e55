import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// Scenarios on a whole farm: started once by its own CLI, then one file after the other.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['src/farm/**/*.test.ts'],
    globalSetup: ['src/harness/farm-setup.ts'],
  },
});
