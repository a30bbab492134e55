import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import type { Server, ServerCredentials } from '@grpc/grpc-js';
import { AppError } from './errors.js';

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

function bindError(address: string, cause: Error): AppError {
  const taken = cause.message.includes('EADDRINUSE');
  return new AppError(
    taken ? 'PORT_TAKEN' : 'CONFIG_INVALID',
    `listening on ${address}: ${taken ? 'it is in use' : cause.message}`,
    {
      field: 'address',
      value: address,
      fix: taken ? 'stop what listens there, or choose another address' : 'choose an address of this machine',
      cause,
    },
  );
}

/** A socket file that a killed process left behind is removed; one that somebody answers on is left alone (PORT_TAKEN). */
async function removeStaleSocket(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const answered = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
  if (answered) throw bindError(`unix:${path}`, new Error('EADDRINUSE'));
  unlinkSync(path);
}
