import { describe, expect, it } from 'vitest';
import {
  addressOf,
  baseOf,
  cidr,
  conflictingRoute,
  freeSlot,
  netmask,
  parseRoutes,
  parseSubnet,
  slotCount,
  type Subnet,
} from './addresses.js';

const subnet = (text: string): Subnet => parseSubnet(text) as Subnet;

describe('a subnet', () => {
  it.each([
    ['192.168.240.1/24', '192.168.240.0/24', '255.255.255.0', 253],
    ['10.213.0.1/16', '10.213.0.0/16', '255.255.0.0', 1_919],
    ['10.0.0.9/29', '10.0.0.8/29', '255.255.255.248', 5],
  ])('%s', (text, net, mask, slots) => {
    expect(cidr(subnet(text))).toBe(net);
    expect(netmask(subnet(text))).toBe(mask);
    expect(slotCount(subnet(text))).toBe(slots);
  });

  it.each([
    '192.168.240.0/24',
    '192.168.240.255/24',
    '1.2.3.4',
    '1.2.3.4/8',
    '1.2.3.4/30',
    '1.2.3.256/24',
    'a.b.c.d/24',
    '',
  ])('refuses %j', (text) => expect(parseSubnet(text)).toBeUndefined());
});

describe('a phone’s address', () => {
  it.each([
    ['192.168.240.1/24', 0, '192.168.240.2', '02:00:c0:a8:f0:02'],
    ['192.168.240.1/24', 252, '192.168.240.254', '02:00:c0:a8:f0:fe'],
    ['192.168.240.3/24', 1, '192.168.240.2', '02:00:c0:a8:f0:02'],
    ['192.168.240.3/24', 2, '192.168.240.4', '02:00:c0:a8:f0:04'],
    ['192.168.240.254/24', 252, '192.168.240.253', '02:00:c0:a8:f0:fd'],
    ['10.213.0.1/16', 254, '10.213.1.0', '02:00:0a:d5:01:00'],
  ])('in %s, slot %d', (text, slot, ip, mac) => expect(addressOf(subnet(text), slot)).toEqual({ ip, mac }));

  it('is never another phone’s, the host’s, or the network’s', () => {
    for (const text of ['10.0.0.9/29', '10.0.0.10/29', '10.0.0.14/29', '192.168.1.77/26']) {
      const net = subnet(text);
      const all = Array.from({ length: slotCount(net) }, (_, slot) => addressOf(net, slot).ip);
      expect(new Set(all).size).toBe(all.length);
      expect(all).not.toContain(text.split('/')[0]);
      expect(all.every((ip) => Number(ip.split('.')[3]) % 2 ** (32 - net.prefix) !== 0)).toBe(true);
      expect(all.every((ip) => (Number(ip.split('.')[3]) + 1) % 2 ** (32 - net.prefix) !== 0)).toBe(true);
    }
  });

  it('takes the lowest free slot', () => {
    const net = subnet('10.0.0.9/29');
    expect(freeSlot(net, new Set())).toBe(0);
    expect(freeSlot(net, new Set([0, 1, 3]))).toBe(2);
    expect(freeSlot(net, new Set([0, 1, 2, 3, 4]))).toBeUndefined();
  });

  it('gives ids that never overlap and stay below 2^32', () => {
    expect(baseOf(1) - baseOf(0)).toBe(2 ** 21);
    expect(baseOf(1_918) + 2 ** 21).toBeLessThanOrEqual(2 ** 32);
  });
});

describe('the host’s routes', () => {
  // As the kernel prints them: little-endian hex.
  const routes = parseRoutes(
    [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'waydroid0\t00F0A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'vpn0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0',
    ].join('\n'),
  );

  it('are read', () => {
    expect(routes[1]).toEqual({ device: 'eth0', destination: 0xc000_0200, prefix: 24 });
    expect(routes[0]).toEqual({ device: 'eth0', destination: 0, prefix: 0 });
  });

  it.each([
    ['192.168.240.1/24', 'ancloud', 'waydroid0'],
    ['192.168.240.1/24', 'waydroid0', undefined],
    ['192.168.1.1/16', 'ancloud', 'waydroid0'],
    ['10.213.0.1/16', 'ancloud', 'vpn0'],
    ['172.20.0.1/16', 'ancloud', undefined],
  ])('%s for %s meets %s', (text, bridge, device) => {
    expect(conflictingRoute(subnet(text), routes, bridge)?.device).toBe(device);
  });
});
