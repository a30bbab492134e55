/**
 * Device that /proc/net/route sends a part of `subnet` to; undefined when none but `bridge` does. A default route is none:
 * it takes only what nobody else wants. The kernel prints addresses as its own little-endian words (net/ipv4/fib_trie.c).
 */
export function conflictingRoute(table: string, subnet: string, bridge: string): string | undefined {
  const [address = '', length = ''] = subnet.split('/');
  const octets = address.split('.').map(Number);
  const bits = Number(length);
  if (
    octets.length !== 4 ||
    octets.some((octet) => !(octet >= 0 && octet <= 255)) ||
    !(bits >= 1 && bits <= 32)
  )
    return undefined;
  const own = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  for (const line of table.split('\n').slice(1)) {
    const [device, destination, , , , , , mask] = line.split('\t');
    if (device === undefined || destination === undefined || mask === undefined || device === bridge)
      continue;
    const prefix = maskLength(word(mask));
    if (prefix === 0) continue;
    const size = 2 ** (32 - Math.min(prefix, bits));
    if (Math.floor(word(destination) / size) === Math.floor(own / size)) return device;
  }
  return undefined;
}

function word(text: string): number {
  return Buffer.from(text.trim(), 'hex').readUInt32LE();
}

function maskLength(mask: number): number {
  return mask.toString(2).replaceAll('0', '').length;
}
