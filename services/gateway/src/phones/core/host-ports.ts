import type { PortMapping } from '@ancloud/contracts/common/v1/common';
import type { HostRecord } from '@ancloud/contracts/state/v1/state';

export interface PortsRefusal {
  readonly why: 'port-taken' | 'port-refused';
  readonly hostPort: number;
  /** What of the host is said of it. */
  readonly words: string;
}

/**
 * Why a host does not give a phone the ports it asks for; undefined when it does. The host itself decides again: two gateways may grant the
 * same port at one time, and a program may have it.
 */
export function portsRefusal(
  wished: readonly PortMapping[],
  { publicPorts }: Pick<HostRecord, 'publicPorts'>,
  phoneId: string | undefined,
): PortsRefusal | undefined {
  for (const { hostPort, protocol } of wished) {
    if (publicPorts === undefined)
      return { why: 'port-refused', hostPort, words: 'its operator lets phones have no port' };
    const { first, last, taken } = publicPorts;
    if (hostPort < first || hostPort > last)
      return { why: 'port-refused', hostPort, words: `phones may have ${first}-${last} there` };
    const other = taken.some(
      (one) => one.hostPort === hostPort && one.protocol === protocol && one.phoneId !== phoneId,
    );
    if (other) return { why: 'port-taken', hostPort, words: `another phone has ${hostPort}` };
  }
  return undefined;
}
