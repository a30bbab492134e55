import { defineConfig } from 'vite';

/**
 * The component as one self-contained ES module, for pages without a bundler: dist/ancloud-phone.js beside what tsc
 * makes for bundlers.
 */
export default defineConfig({
  resolve: { conditions: ['ancloud-src', 'module', 'browser', 'production'] },
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    reportCompressedSize: false,
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: () => 'ancloud-phone.js' },
    minify: true,
  },
});
