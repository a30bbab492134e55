// Runs vitest with its own output and, when ANCLOUD_TEST_REPORT names a file, a JSON report there: ./ancloud test counts by it.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const report = process.env.ANCLOUD_TEST_REPORT;
const reporters =
  report === undefined ? [] : ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const bin = path.join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
const result = spawnSync(process.execPath, [bin, 'run', ...process.argv.slice(2), ...reporters], {
  stdio: 'inherit',
});
process.exit(result.status ?? 1);
