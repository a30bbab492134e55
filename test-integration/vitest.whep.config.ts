import { defineConfig } from 'vitest/config';
import base from './vitest.config.js';

// The WHEP conformance suite against an endpoint that runs somewhere: docs/protocol.md, "Viewers: WHEP".
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['src/whep/**/*.test.ts'] },
});
