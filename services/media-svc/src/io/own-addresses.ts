import dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import os from 'node:os';
import { AppError } from '@ancloud/kit';

/** A setting, and the addresses of this machine that it names. */
export interface ListenSetting {
  readonly name: string;
  readonly ips: readonly string[];
}

/**
 * Tries each address by a socket of its own: mediasoup binds some of them when the first phone or another media-svc comes, and tells of none what
 * the machine has instead. Where binding succeeds the address is right, whether an interface has it or not (loopback's others,
 * net.ipv4.ip_nonlocal_bind). Errors: CONFIG_INVALID with all that cannot be bound.
 */
export async function requireOwnAddresses(settings: readonly ListenSetting[]): Promise<void> {
  const tried = settings.flatMap(({ name, ips }) =>
    ips.map(async (ip) => ({ name, ip, why: await bindFailure(ip) })),
  );
  const lacked = (await Promise.all(tried)).filter(({ why }) => why !== undefined);
  const [first] = lacked;
  if (first === undefined) return;
  const what = lacked.map(({ name, ip, why }) => `${ip} of ${name} cannot be listened on: ${why}`);
  throw new AppError('CONFIG_INVALID', what.join('; '), {
    field: first.name,
    value: first.ip,
    fix: `name addresses that this machine has: ${ownAddresses().join(', ')}`,
  });
}

/** The errno of binding any free port of an address; undefined when it went. */
function bindFailure(ip: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      resolve(error.code ?? error.message);
    });
    socket.bind({ address: ip, port: 0, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}

/** Of all interfaces; without those of one link, which a setting cannot name. */
export function ownAddresses(): string[] {
  const all = Object.values(os.networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.flatMap(({ address, scopeid }) => ((scopeid ?? 0) === 0 ? address : []));
}
