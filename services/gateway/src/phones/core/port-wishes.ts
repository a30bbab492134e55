import { publicPortsMax } from '@ancloud/contracts';
import { type PortMapping, PortProtocol } from '@ancloud/contracts/common/v1/common';
import type { Mistake } from './spec.js';

/** With the protocol named that stands for none. */
export const withProtocol = (port: PortMapping): PortMapping =>
  port.protocol === PortProtocol.PORT_PROTOCOL_UNSPECIFIED
    ? { ...port, protocol: PortProtocol.PORT_PROTOCOL_TCP }
    : port;

/** What is wrong with the ports that a phone asks of its host; undefined when they are fine. */
export function portsMistake(ports: readonly PortMapping[]): Mistake | undefined {
  if (ports.length > publicPortsMax)
    return {
      field: 'spec.ports',
      value: ports.length,
      message: `has ${ports.length} entries`,
      fix: `use at most ${publicPortsMax}`,
    };
  const seen = new Set<string>();
  for (const [index, { hostPort, phonePort, protocol }] of ports.entries()) {
    const wrong = (name: string, value: unknown, message: string, fix: string): Mistake => ({
      field: `spec.ports[${index}].${name}`,
      value,
      message,
      fix,
    });
    for (const [name, port] of Object.entries({ hostPort, phonePort }))
      if (!Number.isInteger(port) || port < 1 || port > 65_535)
        return wrong(name, port, 'is no port', 'use 1 to 65535');
    if (protocol !== PortProtocol.PORT_PROTOCOL_TCP && protocol !== PortProtocol.PORT_PROTOCOL_UDP)
      return wrong('protocol', protocol, 'is no protocol', 'use tcp or udp');
    const key = `${protocol} ${hostPort}`;
    if (seen.has(key))
      return wrong('hostPort', hostPort, 'is asked for twice', 'use each port of the host once');
    seen.add(key);
  }
  return undefined;
}
