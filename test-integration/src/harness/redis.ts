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

/** Pid of the farm's own Redis. Stopped where it is (SIGSTOP) it is away, and the farm's supervisor starts no other. */
export async function redisPid(farm: FarmAddress): Promise<number> {
  const pid = /^process_id:(\d+)/m.exec(await redis(farm, 'INFO', 'server'))?.[1];
  if (pid === undefined) throw new Error('Redis does not say its pid');
  return Number(pid);
}
