import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// Images in every form they come in, each made by the tools of their own world from the reference guest.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['src/images/**/*.test.ts'],
  },
});
