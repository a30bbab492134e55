/** What Android's EthernetService shall make of eth0. */
export interface StaticIp {
  /** Dotted. */
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
  readonly dns: readonly string[];
}

/**
 * `/data/misc/ethernet/ipconfig.txt` of version 2 with a static address: big endian, strings with a 16-bit length before
 * them (AOSP 7.1.1 services/core/java/com/android/server/net/IpConfigStore.java; written so by anbox/anbox
 * src/anbox/android/ip_config_builder.cpp).
 */
export function ipConfigFile({ address, prefix, gateway, dns }: StaticIp): Buffer {
  const word = (text: string): Buffer => {
    const bytes = Buffer.from(text, 'latin1');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const number = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  return Buffer.concat([
    number(2),
    word('ipAssignment'),
    word('STATIC'),
    word('linkAddress'),
    word(address),
    number(prefix),
    word('gateway'),
    // Is it the default gateway's own route? No: then an address follows, if (1) there is one.
    number(0),
    number(1),
    word(gateway),
    word('dns'),
    ...dns.map(word),
    word('id'),
    number(0),
    word('eos'),
  ]);
}
