import { chmodSync } from 'node:fs';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { bindError, removeStaleSocket } from './own-address.js';

/**
 * Opens `host:port` or `unix:/path`; a socket file gets mode 0600. Resolves to the bound port, 0 for a socket.
 * Errors: PORT_TAKEN; CONFIG_INVALID for an address that is not this machine's.
 */
export async function listen(
  server: Server,
  address: string,
  credentials: ServerCredentials,
): Promise<number> {
  const path = address.startsWith('unix:') ? address.slice('unix:'.length) : undefined;
  if (path !== undefined) await removeStaleSocket(path);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (cause, bound) => {
      if (cause === null) resolve(bound);
      else reject(bindError(address, cause));
    });
  });
  if (path === undefined) return port;
  // Until here the umask guards it: connecting needs write permission, which no usual umask leaves to others.
  chmodSync(path, 0o600);
  return 0;
}
