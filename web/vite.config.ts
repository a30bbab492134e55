import fs from 'node:fs';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const GATEWAY = process.env['ANCLOUD_DEV_GATEWAY'] ?? 'http://127.0.0.1:7080';

/** Ships the player's bundle beside the console, for pages that embed `<ancloud-phone>` without a bundler. */
function playerBundle(): Plugin {
  const file = path.join(import.meta.dirname, '../player/dist/ancloud-phone.js');
  return {
    name: 'ancloud-player-bundle',
    apply: 'build',
    generateBundle() {
      if (!fs.existsSync(file))
        this.error(`${file} is missing: run 'npm run build -w @ancloud/player' first`);
      this.emitFile({ type: 'asset', fileName: 'ancloud-phone.js', source: fs.readFileSync(file) });
    },
  };
}

export default defineConfig({
  plugins: [react(), playerBundle()],
  resolve: { conditions: ['ancloud-src', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist',
    // Everything the console loads comes from files of its own: the gateway's policy allows no inline code or styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // react-aria and React in one file of 150 kB gzipped, asked for once.
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/v1': { target: GATEWAY, ws: true } } },
});
