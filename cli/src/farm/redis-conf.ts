/** redis-server's configuration: loopback, a password, and an append-only file, since keys and wishes must last. */
export function redisConfig(options: {
  readonly port: number;
  /** Address to listen on; default loopback. Anything else only in a network of the farm's own. */
  readonly ip?: string;
  readonly folder: string;
  readonly password: string;
}): string {
  return `# Written by ancloud at each start.
bind ${options.ip ?? '127.0.0.1'}
port ${options.port}
requirepass ${options.password}
dir ${JSON.stringify(options.folder)}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
`;
}
