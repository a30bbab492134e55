import { describe, expect, it } from 'vitest';
import { conflictingRoute } from './routes.js';

// As the kernel prints it: default by eth0, 10.0.2.0/24 on eth0, 192.168.240.0/24 on ancloud.
const table = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'eth0\t00000000\t0202000A\t0003\t0\t0\t0\t00000000\t0\t0\t0',
  'eth0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  'ancloud\t00F0A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
].join('\n');

describe('conflictingRoute', () => {
  it.each<[string, string, string | undefined]>([
    ['a subnet of its own', '10.231.7.1/24', undefined],
    ['its own bridge', '192.168.240.1/24', undefined],
    ['the same subnet', '10.0.2.1/24', 'eth0'],
    ['a part of another', '10.0.2.129/25', 'eth0'],
    ['a whole that holds another', '10.0.0.1/16', 'eth0'],
    ['a neighbour', '10.0.3.1/24', undefined],
    ['text that is none', 'here', undefined],
  ])('%s', (_, subnet, device) => expect(conflictingRoute(table, subnet, 'ancloud')).toBe(device));

  it("another farm's bridge", () =>
    expect(conflictingRoute(table, '192.168.240.1/24', 'other')).toBe('ancloud'));
});
