import type { TlsFiles } from '../layout.js';

/** redis-server's configuration: loopback, a password, and an append-only file, since keys and wishes must last. */
export function redisConfig(options: {
  readonly port: number;
  /** Address to listen on; default loopback. Anything else only in a network of the farm's own. */
  readonly ip?: string;
  readonly folder: string;
  readonly password: string;
  /** Who connects shows a certificate of the farm's authority. Default: plain text. */
  readonly tls?: TlsFiles | undefined;
}): string {
  const { tls } = options;
  const file = (name: string): string => JSON.stringify(name);
  const door =
    tls === undefined
      ? `port ${options.port}`
      : `port 0
tls-port ${options.port}
tls-ca-cert-file ${file(tls.ca)}
tls-cert-file ${file(tls.cert)}
tls-key-file ${file(tls.key)}
tls-auth-clients yes`;
  return `# Written by ancloud at each start.
bind ${options.ip ?? '127.0.0.1'}
${door}
requirepass ${options.password}
dir ${JSON.stringify(options.folder)}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
`;
}
