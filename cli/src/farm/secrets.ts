import fs from 'node:fs';
import { serviceNames, type ServiceName } from '@ancloud/contracts';
import { ensureSecretFile } from '@ancloud/kit/secret';
import { files, type Layout } from '../layout.js';

/** Names of the secrets of one install; each is a file of mode 0600 in `<home>/secrets` (0700), made on first use. */
export interface Secrets {
  readonly redis: string;
  readonly nats: Readonly<Record<ServiceName, string>>;
  readonly apiKey: string;
  /** Shared with TURN servers. */
  readonly turn: string;
}

/** Makes what is missing. Values are returned only where a configuration file needs them. */
export function ensureSecrets(layout: Layout): Secrets {
  fs.mkdirSync(files.secret(layout, ''), { recursive: true, mode: 0o700 });
  fs.chmodSync(files.secret(layout, ''), 0o700);
  for (const name of ['farm', 'token']) ensureSecretFile(files.secret(layout, name));
  const nats = Object.fromEntries(
    serviceNames.map((name) => [name, ensureSecretFile(files.secret(layout, `nats-${name}`))]),
  ) as Record<ServiceName, string>;
  return {
    redis: ensureSecretFile(files.secret(layout, 'redis')),
    apiKey: ensureSecretFile(files.secret(layout, 'api-key')),
    turn: ensureSecretFile(files.secret(layout, 'turn')),
    nats,
  };
}
