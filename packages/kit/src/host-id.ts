import { hostIdPattern } from '@ancloud/contracts/ids';
import { z } from 'zod';

/**
 * A DNS label from whatever a machine is called: ids of hosts and instances stand in keys, subjects and paths. Its first
 * label in lower case, at most 63 characters; `host` when nothing is left.
 */
export function hostIdFrom(hostname: string): string {
  const label = (hostname.split('.')[0] ?? '').toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-');
  const trimmed = label.replace(/^-+/, '').slice(0, 63).replace(/-+$/, '');
  return trimmed === '' ? 'host' : trimmed;
}

/** Name of a host in the farm, the same for its container-svc and session-svc, the same for ever. Default: the machine's. */
export function hostId(hostname: string) {
  return dnsLabel().default(hostIdFrom(hostname));
}

/** Name of one of several instances of a service. Default: `<kind>-<the machine's name>`. */
export function instanceId(kind: string, hostname: string) {
  return dnsLabel().default(hostIdFrom(`${kind}-${hostname}`));
}

/** A short name: of an instance, of a region. */
export function dnsLabel() {
  return z
    .string()
    .regex(hostIdPattern, 'is not a DNS label')
    .describe('use 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends');
}
