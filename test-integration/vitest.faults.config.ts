import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// Each file has hosts of its own (container-svc without a farm), so two files may run at once: most of their time is waiting.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['src/faults/**/*.test.ts'],
    globalSetup: ['src/faults/faults-setup.ts'],
    fileParallelism: true,
    maxWorkers: 2,
  },
});
