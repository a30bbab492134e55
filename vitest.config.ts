import { defineConfig } from 'vitest/config';

// `ancloud-src` lets specs run on workspace sources, so `npm test` needs no build (generated contracts excepted).
const conditions = ['ancloud-src', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ['{packages,services}/*/src/**/*.spec.ts', '{player,web,cli,bench}/src/**/*.spec.ts'],
    pool: 'threads',
    maxWorkers: 2,
  },
});
