import fs from 'node:fs';
import path from 'node:path';
import { natsConfig } from '../farm/nats-conf.js';
import { redisConfig } from '../farm/redis-conf.js';
import { ensureSecrets } from '../farm/secrets.js';
import { turnConfig } from '../farm/turn-conf.js';
import { files, type Layout } from '../layout.js';
import type { Output } from '../output.js';

/** Group of every container of the farm: reads what all services need. The images' own user has it. */
const FARM_GROUP = 1000;

/**
 * Who a container runs as, so that the kernel keeps one service from another's secrets though all see one volume.
 * docker-compose.yml names the same numbers. The host's services run as root and read everything.
 */
export const containerUsers = {
  nats: 1001,
  redis: 1002,
  gateway: 1003,
  'media-svc': 1004,
  'input-svc': 1005,
  turn: 1006,
} as const;

/** Owner of each file below the farm's folder; `group` for what every service reads. */
const owners: readonly (readonly [name: string, owner: keyof typeof containerUsers | 'group'])[] = [
  ['secrets/farm', 'group'],
  ['secrets/redis', 'group'],
  ['secrets/token', 'gateway'],
  ['secrets/turn', 'gateway'],
  ['secrets/api-key', 'gateway'],
  ['secrets/nats-gateway', 'gateway'],
  ['secrets/nats-media-svc', 'media-svc'],
  ['secrets/nats-input-svc', 'input-svc'],
  ['nats.conf', 'nats'],
  ['redis.conf', 'redis'],
  ['turnserver.conf', 'turn'],
];

/** Ports that they have everywhere but on a shared machine. */
const NATS_PORT = 4222;
const REDIS_PORT = 6379;
const TURN_PORT = 3478;

/**
 * `ancloud farm-config`, run once before the containers of a farm start: makes the secrets that are missing and writes
 * nats.conf, redis.conf and turnserver.conf into `ANCLOUD_HOME`. Run again it keeps every secret. Needs root, for the owners.
 */
export async function farmConfig(layout: Layout, output: Output): Promise<void> {
  const secrets = ensureSecrets(layout);
  const write = (name: string, text: string): void =>
    fs.writeFileSync(path.join(layout.home, name), text, { mode: 0o600 });
  write(
    'nats.conf',
    natsConfig({ port: NATS_PORT, ip: '0.0.0.0', pidFile: '/tmp/nats.pid', passwords: secrets.nats }),
  );
  write(
    'redis.conf',
    redisConfig({ port: REDIS_PORT, ip: '0.0.0.0', folder: '/data', password: secrets.redis }),
  );
  write('turnserver.conf', turnConfig({ port: TURN_PORT, secret: secrets.turn }));
  for (const [name, owner] of owners) {
    const file = path.join(layout.home, name);
    fs.chownSync(file, owner === 'group' ? 0 : containerUsers[owner], FARM_GROUP);
    fs.chmodSync(file, owner === 'group' ? 0o640 : 0o600);
  }
  // Names are no secret; reading each file takes its own permission.
  fs.chmodSync(files.secret(layout, ''), 0o711);
  fs.chmodSync(layout.home, 0o711);
  output.step(`the farm's configuration is in ${layout.home}`);
}
