import { execFile } from 'node:child_process';
import { type FarmAddress, portOf, secretOf } from './farm-address.js';

/** Runs one Redis command on the farm's own Redis, as an operator would. The password goes by environment, not argv. */
export function redis(farm: FarmAddress, ...command: string[]): Promise<string> {
  const port = String(portOf(farm, 379));
  const password = secretOf(farm, 'redis');
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
