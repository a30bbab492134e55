import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// Farms of containers: images are built and an engine is started once, then one file after the other.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['src/containers/**/*.test.ts'],
    globalSetup: ['src/containers/containers-setup.ts'],
  },
});
