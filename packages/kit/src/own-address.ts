import { existsSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { AppError } from './errors.js';

/** `host:port` or `[v6]:port` as node:net wants it. The text has been checked (`address`, `tcpAddress`). */
export function splitAddress(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replaceAll(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}

/** What listening failed with, by its cause. PORT_TAKEN; CONFIG_INVALID for an address that is not this machine's. */
export function bindError(address: string, cause: Error): AppError {
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
export async function removeStaleSocket(path: string): Promise<void> {
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
