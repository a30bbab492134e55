import { type PortMapping, PortProtocol } from '@ancloud/contracts/common/v1/common';

/*
 * Ports of the host that lead into phones. Two parts of the host's own nft table say which: a map of where a connection to the host goes
 * on to, and a set of where such connections may arrive. Whoever writes one writes the other in the same transaction.
 */

/** TCP or UDP, as nft spells it. */
export type Transport = 'tcp' | 'udp';

/** A port of the host that leads to a port of a phone. */
export interface PublicPort {
  readonly transport: Transport;
  readonly hostPort: number;
  readonly phonePort: number;
}

/** One that is in force: whose it is, by the phone's address on the bridge. */
export interface HeldPort extends PublicPort {
  readonly ip: string;
}

/** Host ports that phones may ask for; undefined = none. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Why a port that was asked for is not in force. */
export interface RefusedPort {
  readonly port: PublicPort;
  readonly type: 'HostPortRefused' | 'HostPortTaken';
  readonly message: string;
}

/** What the host's side says to a wish for ports. */
export interface PortsSituation {
  readonly range: PortRange | undefined;
  readonly held: readonly HeldPort[];
  /** Ports on which programs of the host listen, as `tcp 8080`. */
  readonly listening: ReadonlySet<string>;
  readonly ip: string;
}

/** A wish in our words. */
export function portsOf(wished: readonly PortMapping[]): PublicPort[] {
  return wished.map(({ hostPort, phonePort, protocol }) => ({
    transport: protocol === PortProtocol.PORT_PROTOCOL_UDP ? 'udp' : 'tcp',
    hostPort,
    phonePort,
  }));
}

export const portKey = ({ transport, hostPort }: Pick<PublicPort, 'transport' | 'hostPort'>): string =>
  `${transport} ${hostPort}`;

/** First come, first served: what a phone holds it keeps, and nobody gets what another or a program has. */
export function grantPorts(
  wished: readonly PublicPort[],
  { range, held, listening, ip }: PortsSituation,
): { readonly granted: readonly PublicPort[]; readonly refused: readonly RefusedPort[] } {
  const refused: RefusedPort[] = [];
  const granted = wished.filter((port) => {
    const key = portKey(port);
    const refuse = (type: RefusedPort['type'], message: string): boolean => {
      refused.push({ port, type, message: `port ${key} of the host does not lead to the phone: ${message}` });
      return false;
    };
    if (range === undefined)
      return refuse(
        'HostPortRefused',
        'this host lets phones have no port; its operator sets ANCLOUD_PUBLIC_PORTS',
      );
    if (port.hostPort < range.first || port.hostPort > range.last)
      return refuse('HostPortRefused', `this host lets phones have ${range.first}-${range.last}`);
    const holder = held.find((one) => portKey(one) === key);
    if (holder !== undefined)
      return holder.ip === ip || refuse('HostPortTaken', `it leads to the phone at ${holder.ip}`);
    return !listening.has(key) || refuse('HostPortTaken', 'a program of the host listens there');
  });
  return { granted, refused };
}

/** A set of ports as one text, for comparing. */
export function portsMark(ports: readonly PublicPort[]): string {
  return ports
    .map((port) => `${portKey(port)} ${port.phonePort}`)
    .toSorted()
    .join(', ');
}

/** nft prints protocols as numbers when it is asked for numbers (IPPROTO_TCP, IPPROTO_UDP). */
const ELEMENT = /\b(tcp|6|udp|17) \. (\d+) : (\d+\.\d+\.\d+\.\d+) \. (\d+)/g;

/** Those in force, in the output of `nft --numeric list map inet … public_ports`. */
export function heldPorts(listing: string): HeldPort[] {
  return [...listing.matchAll(ELEMENT)].map(([, transport, hostPort, ip = '', phonePort]) => ({
    transport: transport === 'tcp' || transport === '6' ? 'tcp' : 'udp',
    hostPort: Number(hostPort),
    ip,
    phonePort: Number(phonePort),
  }));
}

const mapElement = ({ transport, hostPort, ip, phonePort }: HeldPort): string =>
  `${transport} . ${hostPort} : ${ip} . ${phonePort}`;
const setElement = ({ ip, transport, phonePort }: HeldPort): string => `${ip} . ${transport} . ${phonePort}`;

const elements = (list: readonly string[]): string =>
  list.length === 0 ? '' : `\n    elements = { ${[...new Set(list)].join(', ')} }`;

/** The map that leads connections into phones, and the set of where they may lead to; declared with what is in force. */
export function portsDeclaration(held: readonly HeldPort[]): string {
  return `  map public_ports {
    type inet_proto . inet_service : ipv4_addr . inet_service${elements(held.map(mapElement))}
  }
  set mapped {
    type ipv4_addr . inet_proto . inet_service${elements(held.map(setElement))}
  }`;
}

/** Turns what is in force for one address into what shall be; empty when it is so. */
export function portsChange(table: string, before: readonly HeldPort[], after: readonly HeldPort[]): string {
  if (portsMark(before) === portsMark(after)) return '';
  const change = (verb: 'add' | 'delete', ports: readonly HeldPort[]): string =>
    ports.length === 0
      ? ''
      : [
          `${verb} element inet ${table} public_ports { ${ports.map(verb === 'add' ? mapElement : mapKey).join(', ')} }`,
          `${verb} element inet ${table} mapped { ${[...new Set(ports.map(setElement))].join(', ')} }`,
          '',
        ].join('\n');
  return change('delete', before) + change('add', after);
}

const mapKey = ({ transport, hostPort }: HeldPort): string => `${transport} . ${hostPort}`;

/** Sockets that listen, in /proc/net/tcp or udp and their doubles for IPv6 (kernel Documentation/networking/proc_net_tcp.rst). */
export function listeningPorts(transport: Transport, table: string): string[] {
  // TCP_LISTEN, and what the kernel says of a UDP socket that is not connected: TCP_CLOSE.
  const state = transport === 'tcp' ? '0A' : '07';
  return table
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, local, , found] = line.trim().split(/\s+/);
      const port = local?.split(':').at(-1);
      return found === state && port !== undefined ? [`${transport} ${Number.parseInt(port, 16)}`] : [];
    });
}
