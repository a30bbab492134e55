/** An IPv4 subnet with the host's own address in it, e.g. `192.168.240.1/24`. Addresses are unsigned 32-bit numbers. */
export interface Subnet {
  readonly gateway: number;
  readonly prefix: number;
}

/** What one phone is called on the network; follows from its slot alone, so it is the same after every restart. */
export interface PhoneAddress {
  readonly ip: string;
  readonly mac: string;
}

/** Slots beyond this cannot have 2^21 ids each below 2^32 (facts: BASE_FLOOR + slot · 2^21). */
export const SLOT_LIMIT = 1_919;

export function parseSubnet(text: string): Subnet | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const prefix = Number(match[5]);
  if (octets.some((octet) => octet > 255) || prefix < 16 || prefix > 29) return undefined;
  const gateway = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const subnet = { gateway, prefix };
  const host = gateway - network(subnet);
  return host === 0 || host === size(subnet) - 1 ? undefined : subnet;
}

export function formatIp(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

function size(subnet: Subnet): number {
  return 2 ** (32 - subnet.prefix);
}

/** First address of the subnet. */
export function network(subnet: Subnet): number {
  return subnet.gateway - (subnet.gateway % size(subnet));
}

/** `192.168.240.0/24` */
export function cidr(subnet: Subnet): string {
  return `${formatIp(network(subnet))}/${subnet.prefix}`;
}

export function netmask(subnet: Subnet): string {
  return formatIp(2 ** 32 - size(subnet));
}

/** How many phones the subnet has room for: all but network, broadcast and the host itself. */
export function slotCount(subnet: Subnet): number {
  return Math.min(size(subnet) - 3, SLOT_LIMIT);
}

/**
 * Address of slot 0, 1, …: the host part counts up from 1 and skips the gateway. The MAC is locally administered (02…) and
 * holds the address, so two phones on one bridge never share it.
 */
export function addressOf(subnet: Subnet, slot: number): PhoneAddress {
  const gatewayPart = subnet.gateway - network(subnet);
  const host = slot + 1 < gatewayPart ? slot + 1 : slot + 2;
  const address = network(subnet) + host;
  const bytes = [24, 16, 8, 0].map((shift) => ((address >>> shift) & 0xff).toString(16).padStart(2, '0'));
  return { ip: formatIp(address), mac: `02:00:${bytes.join(':')}` };
}

/** Lowest free slot; undefined when the subnet is full. */
export function freeSlot(subnet: Subnet, taken: ReadonlySet<number>): number | undefined {
  for (let slot = 0; slot < slotCount(subnet); slot += 1) if (!taken.has(slot)) return slot;
  return undefined;
}

/** First of a phone's user and group ids on the host: below it stand the host's own users and what other tools map. */
export const BASE_FLOOR = 2 ** 28;
/** Ids of one phone. Android needs more than 65,536: isolated processes are 99xxx, further users begin at 1,000,000. */
export const ID_COUNT = 2 ** 21;

export function baseOf(slot: number): number {
  return BASE_FLOOR + slot * ID_COUNT;
}

/** One line of /proc/net/route that leads into a range. */
export interface Route {
  readonly destination: number;
  readonly prefix: number;
  readonly device: string;
}

/** Reads /proc/net/route: addresses are little-endian hex there (kernel net/ipv4/fib_trie.c, fib_route_seq_show). */
export function parseRoutes(text: string): Route[] {
  const swap = (hex: string): number => {
    const value = Number.parseInt(hex, 16);
    return (
      (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
    );
  };
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const words = line.split('\t');
      const [device, destination] = words;
      const mask = words[7];
      if (device === undefined || destination === undefined || mask === undefined) return [];
      const bits = swap(mask).toString(2).replaceAll('0', '').length;
      return [{ device, destination: swap(destination), prefix: bits }];
    });
}

/** The first route of another device that overlaps the subnet; default routes overlap nothing. */
export function conflictingRoute(
  subnet: Subnet,
  routes: readonly Route[],
  bridge: string,
): Route | undefined {
  return routes.find((route) => {
    if (route.device === bridge || route.prefix === 0) return false;
    const wider = Math.min(route.prefix, subnet.prefix);
    const block = 2 ** (32 - wider);
    return Math.floor(route.destination / block) === Math.floor(subnet.gateway / block);
  });
}
