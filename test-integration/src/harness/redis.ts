import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { FarmAddress } from './farm-address.js';

/** Runs one Redis command on the farm's own Redis, as an operator would. The password goes by environment, not argv. */
export function redis(farm: FarmAddress, ...command: string[]): Promise<string> {
  const port = String(Number(farm.env['ANCLOUD_PORT_BASE']) + 379);
  const password = fs.readFileSync(path.join(farm.home, 'secrets/redis'), 'utf8').trim();
  return new Promise((resolve, reject) => {
    execFile(
      'redis-cli',
      ['-p', port, ...command],
      { env: { ...process.env, REDISCLI_AUTH: password } },
      (error, stdout) => {
        if (error === null) resolve(stdout.trim());
        else reject(error);
      },
    );
  });
}
