import { configDefaults, defineConfig } from 'vitest/config';

// `ancloud-src` lets specs run on workspace sources, so `npm test` needs no build (generated contracts excepted).
const conditions = ['ancloud-src', 'module', 'node', 'development|production'];

const SPECS = [
  '{packages,services}/*/src/**/*.spec.ts',
  '{player,web,cli,bench,test-integration}/src/**/*.spec.ts',
  '{packages,services}/*/fuzz/*.fuzz.ts',
];
/** Signals reach main threads alone; threads of Node keep books of descriptors, and warn of those that were opened past it. */
const MAIN_THREAD = [
  'services/container-svc/src/io/posix-spawn.spec.ts',
  'services/container-svc/src/io/property-reader.spec.ts',
];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'threads',
          pool: 'threads',
          include: SPECS,
          exclude: [...configDefaults.exclude, ...MAIN_THREAD],
        },
      },
      { extends: true, test: { name: 'processes', pool: 'forks', include: MAIN_THREAD } },
    ],
    maxWorkers: 2,
    // For what hangs. How fast a busy machine is, is not what a spec is about: a property of 1,000 runs takes 1 s or 20.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
