import { PortProtocol } from '@ancloud/contracts/common/v1/common';
import { describe, expect, it } from 'vitest';
import {
  grantPorts,
  type HeldPort,
  heldPorts,
  listeningPorts,
  portsChange,
  portsOf,
  type PortsSituation,
  type PublicPort,
} from './public-ports.js';

const IP = '192.168.240.5';
const tcp = (hostPort: number, phonePort = 5_555): PublicPort => ({ transport: 'tcp', hostPort, phonePort });
const held = (port: PublicPort, ip = IP): HeldPort => ({ ...port, ip });

describe('a wish for public ports', () => {
  it('means TCP where it says nothing', () => {
    const ports = [
      { hostPort: 1, phonePort: 2, protocol: PortProtocol.PORT_PROTOCOL_UNSPECIFIED },
      { hostPort: 1, phonePort: 2, protocol: PortProtocol.PORT_PROTOCOL_UDP },
    ];
    expect(portsOf(ports).map(({ transport }) => transport)).toEqual(['tcp', 'udp']);
  });

  it.each<[string, Partial<PortsSituation>, string]>([
    ['is granted', {}, 'granted'],
    ['on a host that has none', { range: undefined }, 'HostPortRefused'],
    ['above the range', { range: { first: 20_002, last: 20_005 } }, 'HostPortRefused'],
    ['below it', { range: { first: 19_000, last: 20_000 } }, 'HostPortRefused'],
    ['at its ends', { range: { first: 20_001, last: 20_001 } }, 'granted'],
    [
      'that it holds, also where a program came to listen',
      { held: [held(tcp(20_001))], listening: new Set(['tcp 20001']) },
      'granted',
    ],
    ['that another phone holds', { held: [held(tcp(20_001), '192.168.240.6')] }, 'HostPortTaken'],
    [
      'that another phone holds for UDP',
      { held: [held({ ...tcp(20_001), transport: 'udp' }, '192.168.240.6')] },
      'granted',
    ],
    ['on which a program listens', { listening: new Set(['tcp 20001']) }, 'HostPortTaken'],
    ['on which a program listens for UDP', { listening: new Set(['udp 20001']) }, 'granted'],
  ])('%s', (_, situation, outcome) => {
    const range = { first: 20_000, last: 20_999 };
    const empty = { range, held: [], listening: new Set<string>(), ip: IP };
    const { granted, refused } = grantPorts([tcp(20_001)], { ...empty, ...situation });
    expect(granted.length + refused.length).toBe(1);
    expect(refused[0]?.type ?? 'granted').toBe(outcome);
  });
});

describe('public ports in nft', () => {
  // nft 1.0.6, `nft --numeric list map …`, and as it prints without.
  const listing = `table inet ancloud_x {
	map public_ports {
		type inet_proto . inet_service : ipv4_addr . inet_service
		elements = { 17 . 20001 : 192.168.240.5 . 9000,
			     6 . 20002 : 192.168.240.5 . 5555,
			     tcp . 20003 : 192.168.240.6 . 80 }
	}
}`;
  it('are read back', () => {
    expect(heldPorts(listing)).toEqual([
      { transport: 'udp', hostPort: 20_001, ip: IP, phonePort: 9_000 },
      { transport: 'tcp', hostPort: 20_002, ip: IP, phonePort: 5_555 },
      { transport: 'tcp', hostPort: 20_003, ip: '192.168.240.6', phonePort: 80 },
    ]);
    expect(heldPorts('Error: No such file or directory')).toEqual([]);
  });

  it('change in both places at once, and not at all when they are so', () => {
    const before = [held(tcp(20_001)), held(tcp(20_002))];
    expect(portsChange('ancloud_x', before, before.toReversed())).toBe('');
    expect(portsChange('ancloud_x', before, [held(tcp(20_002, 80))])).toBe(
      `delete element inet ancloud_x public_ports { tcp . 20001, tcp . 20002 }
delete element inet ancloud_x mapped { 192.168.240.5 . tcp . 5555 }
add element inet ancloud_x public_ports { tcp . 20002 : 192.168.240.5 . 80 }
add element inet ancloud_x mapped { 192.168.240.5 . tcp . 80 }
`,
    );
  });

  it('are told from what programs listen on', () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0
   1: 0100007F:1F91 0100007F:0050 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0
   2: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 3 1 0
   3: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4 2 0
`;
    expect(listeningPorts('tcp', table)).toEqual(['tcp 8080', 'tcp 22']);
    expect(listeningPorts('udp', table)).toEqual(['udp 53']);
  });
});
